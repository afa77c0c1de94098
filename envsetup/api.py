"""The Python API: what the commands do, as functions. Stable; import these from `envsetup`.

>>> import envsetup
>>> plan = envsetup.make_plan(envsetup.probe())
>>> report = envsetup.run_checks(level="standard")
>>> report.to_html()
"""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from envsetup import model
from envsetup.model import Level, Machine, Outcome, Plan, Verdict

__all__ = ["Report", "diagnose", "make_plan", "probe", "run_checks"]


class Report:
    """What an examination found; in a notebook it shows as HTML.

    Shown and saved it holds nothing personal, as the command line's reports do; `record` has it all.
    """

    def __init__(self, record: model.Report) -> None:
        self.record = record

    @property
    def verdict(self) -> Verdict:
        return self.record.verdict

    @property
    def proven(self) -> bool:
        """True only if checks ran and passed on every device."""
        return self.record.proven

    @property
    def findings(self) -> tuple[model.Finding, ...]:
        return self.record.findings

    @property
    def checks(self) -> tuple[Outcome, ...]:
        return self.record.checks

    @property
    def summary(self) -> dict[str, object]:
        """The flat summary of the JSON report; what isn't known is None."""
        from envsetup.report.summary import summary

        return summary(self.record.machine)

    @classmethod
    def load(cls, path: str | Path) -> Report:
        """A saved JSON report. Raises OSError, or ValueError naming the place where it departs."""
        from envsetup.report import load

        return cls(load(Path(path).read_bytes()))

    def save(self, path: str | Path) -> None:
        """Writes the JSON report. Raises OSError."""
        Path(path).write_text(self.render("json"), encoding="utf-8")

    def render(self, format: str = "text") -> str:
        """In any format of `doctor`: text, json, markdown, html, junit, github."""
        from envsetup.host import LocalHost, local_os
        from envsetup.host.identity import host_names, user_names
        from envsetup.report import render
        from envsetup.report.paths import Where
        from envsetup.report.travel import for_others

        env = LocalHost().env()
        where = Where(folder=str(Path.cwd()), home=str(Path.home()), os=local_os())
        return render(for_others(self.record, user_names(env), host_names(env), where), format)

    def to_html(self) -> str:
        return self.render("html")

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        proven = "proven" if self.proven else "not proven"
        return f"<envsetup.Report {self.verdict}, {proven}, {len(self.findings)} findings>"


def probe(python: str | None = None) -> Machine:
    """Facts of this machine and of a target interpreter (default: as on the command line).

    Raises envsetup.target.TargetError where the interpreter can't be started.
    """
    from envsetup.doctor import ask_or_raise
    from envsetup.host import LocalHost
    from envsetup.probes.snapshot import take_snapshot
    from envsetup.target import required

    host = LocalHost()
    return take_snapshot(host, ask_or_raise(required(_target(python))))


def make_plan(
    machine: Machine, *requirements: str, backend: str = "auto", allow_cpu: bool = False
) -> Plan:
    """The install plan for a machine. `requirements` are as on the command line, such as `torch==2.8.*`.

    Raises ValueError for a requirement that is none of torch, torchvision, torchaudio, or no PEP 440.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    from envsetup.knowledge import load
    from envsetup.plan import PACKAGES, Request
    from envsetup.plan import make_plan as plan_for

    specifiers = {"torch": ""}
    for text in requirements:
        try:
            one = Requirement(text)
        except InvalidRequirement as error:
            raise ValueError(f"{text!r} is no requirement: {error}") from error
        if one.name not in PACKAGES or one.url or one.extras or one.marker:
            raise ValueError(f"{text!r}: only a name of {', '.join(PACKAGES)} with a version")
        specifiers[one.name] = str(one.specifier)
    request = Request(specifiers=specifiers, backend=backend, allow_cpu=allow_cpu)
    return plan_for(machine, load(), request)


def diagnose(machine: Machine) -> Report:
    """Findings and plan from facts alone; nothing runs."""
    from envsetup.doctor import Examination, report_of
    from envsetup.doctor import diagnose as judge
    from envsetup.knowledge import load

    quick = Examination(level="quick")
    return Report(report_of(machine, judge(machine, load(), quick), quick))


def run_checks(
    python: str | None = None, level: Level = "standard", devices: tuple[str, ...] | None = None
) -> Report:
    """Examines an environment as `envsetup doctor` does, checks on every device included.

    Raises envsetup.target.TargetError where the interpreter can't be started.
    """
    from envsetup.doctor import Examination, run_doctor
    from envsetup.doctor.about_target import about
    from envsetup.host import LocalHost
    from envsetup.knowledge import load
    from envsetup.target import required

    target = _target(python)
    examination = replace(Examination(), level=level, devices=devices)
    return Report(about(run_doctor(required(target), examination, LocalHost(), load), target))


def _target(python: str | None) -> model.Target:
    """As on the command line, the settings of the project around the working folder included.

    Raises ValueError where these are wrong.
    """
    from envsetup.host import LocalHost
    from envsetup.target import find_target
    from envsetup.target.project_settings import find_settings

    folder = str(Path.cwd())
    return find_target(python, LocalHost().env(), folder, find_settings(folder))
