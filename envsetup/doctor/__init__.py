"""Examines an environment: facts and checks side by side, then findings, plan and verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import field
from msgspec.structs import replace

from envsetup.doctor.catalogue import all_checks, choose, order_for
from envsetup.doctor.collector import device_name
from envsetup.doctor.explained_checks import explained
from envsetup.doctor.requirements import CODE as NEED_CODE
from envsetup.doctor.requirements import SLUG as NEED_SLUG
from envsetup.doctor.requirements import Need, unmet
from envsetup.doctor.runner import CheckRun, CheckRunner, Progress
from envsetup.host import LocalHost, local_os
from envsetup.host.background import in_background
from envsetup.model import (
    Absent,
    Check,
    Fact,
    Finding,
    Known,
    Level,
    Machine,
    Outcome,
    Plan,
    Record,
    Report,
    Source,
    Undecided,
    Unreadable,
    Verdict,
    value_of,
)
from envsetup.target import ASK_LIMIT_S, TargetError, ask
from envsetup.version import __version__

if TYPE_CHECKING:
    from envsetup.host import Host
    from envsetup.knowledge import Knowledge

T = TypeVar("T")
BAD = ("failed", "crashed", "timed-out", "not-started")
INSTALL_FAMILIES = ("PY", "WH", "DR", "AR", "CU", "WS")
"""Families of findings that another build of torch may mend, so that the plan is worth showing."""
NO_INTERPRETER = Absent(tried=(Source(kind="target", ref="--python, environments, PATH"),))
THE_TARGET = Source(kind="target", ref="--python")
INTERRUPTED = Unreadable(error="interrupted", source=THE_TARGET)
"""The interpreter of a run that was interrupted before it ended."""


class Examination(Record):
    """What a run of `doctor` is to do."""

    level: Level = "standard"
    devices: tuple[str, ...] | None = None
    """As torch names them; None is every device that it sees."""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    preview: bool = False
    """Whether rules judge that are not yet stable; one that `select` names does in any case."""
    timeout_s: float | None = None
    """Limit of the whole run in seconds; None: see `limit_s`."""
    offline: bool = False
    """Whether checks may look up no host name; facts are the host's business."""
    repeat: int = 1
    checks: tuple[str, ...] | None = None
    """Ids of exactly the checks to run, whatever their level; None goes by level and selection."""


DEFAULT_LIMIT_S = 300.0
"""Of a run whose limit isn't given; at level `deep` the sum of its checks' limits, where that is more."""


def limit_s(examination: Examination, checks: Sequence[Check] = ()) -> float:
    """Seconds that the whole run may take; devices run side by side."""
    if examination.timeout_s is not None:
        return examination.timeout_s
    if examination.level != "deep":
        return DEFAULT_LIMIT_S
    return max(DEFAULT_LIMIT_S, sum(check.timeout_s for check in checks))


class Diagnosis(Record):
    findings: tuple[Finding, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    plan: Plan | None = None
    timings_s: dict[str, float] = field(default_factory=dict)


def run_doctor(
    executable: str,
    examination: Examination,
    host: Host,
    load_knowledge: Callable[[], Knowledge],
    progress: Progress = lambda _kind, _name: None,
) -> Report:
    """Examines the interpreter: probes run beside its import of torch.

    Raises TargetError where the interpreter can't be started.
    """
    started = time.monotonic()
    runner = _runner(executable, examination, progress)
    looking = BackgroundWork(lambda: _look(executable, host, load_knowledge), runner)
    run = runner.run(_variables(host.env(), examination)) if runner is not None else None
    machine, knowledge, looked_s = looking.result(limit_s(examination))
    if run is not None:
        machine = replace(machine, torch_runtime=run.runtime)
    diagnosis = diagnose(machine, knowledge, examination, run.outcomes if run else ())
    timings = {"facts": looked_s, **(run.timings_s if run else {}), **diagnosis.timings_s}
    timings["total"] = round(time.monotonic() - started, 3)
    return report_of(machine, diagnosis, examination, run.outcomes if run else (), timings)


def run_checks(
    executable: str, examination: Examination, progress: Progress = lambda _kind, _name: None
) -> CheckRun:
    """The checks alone, without facts and findings."""
    runner = _runner(executable, examination, progress)
    if runner is None:
        return CheckRun(runtime=Absent())
    return runner.run(_variables(LocalHost().env(), examination))


def _variables(environ: Mapping[str, str], examination: Examination) -> Mapping[str, str]:
    """What the checks run with: with --offline gloo takes the loopback, else it looks up our own name.

    Source: torch/csrc/distributed/c10d/ProcessGroupGloo.cpp, createDefaultDevice.
    """
    loopback = {"linux": "lo", "macos": "lo0"}.get(local_os())
    if not examination.offline or loopback is None:
        return environ
    return {"GLOO_SOCKET_IFNAME": loopback, **environ}


def _runner(executable: str, examination: Examination, progress: Progress) -> CheckRunner | None:
    if examination.level == "quick":
        return None
    if examination.checks is not None:
        wanted = set(examination.checks)
        chosen = tuple(c for c in all_checks() if c.id in wanted)
    else:
        chosen = choose(all_checks(), examination.level, examination.select, examination.ignore)
    limit = limit_s(examination, chosen)
    if limit > DEFAULT_LIMIT_S and examination.timeout_s is None:
        progress("limit", f"{limit:.0f}")
    return CheckRunner(
        executable,
        chosen,
        order_for(chosen),
        examination.devices,
        limit,
        progress,
        examination.repeat,
    )


def _look(
    executable: str, host: Host, load_knowledge: Callable[[], Knowledge]
) -> tuple[Machine, Knowledge, float]:
    from envsetup.probes.snapshot import take_snapshot

    started = time.monotonic()
    machine = take_snapshot(host, ask_or_raise(executable))
    looked_s = round(time.monotonic() - started, 3)
    knowledge = load_knowledge()
    _rules()  # their import costs more than judging, and the other core waits for torch
    return machine, knowledge, looked_s


def ask_if_any(executable: str | None) -> Fact[dict[str, object]]:
    """As `ask_or_raise`; absent where there is no interpreter to ask."""
    return NO_INTERPRETER if executable is None else ask_or_raise(executable)


def ask_or_raise(executable: str) -> Fact[dict[str, object]]:
    """What the interpreter says of itself. Raises TargetError where it says nothing."""
    interpreter = ask(executable, ASK_LIMIT_S)
    if isinstance(interpreter, Unreadable):
        raise TargetError(
            f"{executable} can't be used as the target interpreter: {interpreter.error}. "
            "Give another one with --python."
        )
    return interpreter


class BackgroundWork(Generic[T]):
    """Work in a thread that nothing waits on at exit; an error there ends the checks too."""

    def __init__(self, work: Callable[[], T], runner: CheckRunner | None) -> None:
        self._work = work
        self._runner = runner
        self._answers: list[T] = []
        self._error: BaseException | None = None
        self._thread = in_background(self._run)

    def _run(self) -> None:
        try:
            self._answers.append(self._work())
        except BaseException as error:  # noqa: BLE001 - handed to whoever asks for the result
            self._error = error
            if self._runner is not None:
                self._runner.cancelled = True

    def result(self, timeout_s: float) -> T:
        """What the work gave. Raises what it raised, and TargetError where it takes longer."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        if self._error is not None:
            raise self._error
        if not self._answers:
            raise TargetError(f"the machine's facts could not be read within {timeout_s:g} s")
        return self._answers[0]


# -- judging -----------------------------------------------------------------------------------------


def _rules() -> tuple[Any, ...]:
    from envsetup.rules.registry import all_rules

    return all_rules()


def diagnose(
    machine: Machine,
    knowledge: Knowledge,
    examination: Examination | None = None,
    outcomes: Sequence[Outcome] = (),
) -> Diagnosis:
    """Findings, what couldn't be decided, and the plan where something is to be installed. Pure."""
    from envsetup.doctor.findings import find
    from envsetup.doctor.outcome_findings import outcome_findings

    wanted = examination or Examination()
    started = time.monotonic()
    rules = selected_rules(wanted.select, wanted.ignore, wanted.preview)
    findings, undecided = find(machine, knowledge, rules)
    findings += tuple(outcome_findings(outcomes, machine, rules))
    if not {NEED_CODE, NEED_SLUG}.intersection(wanted.ignore):
        findings += tuple(unmet(wanted.needs, machine, knowledge))
    judged = time.monotonic()
    plan = _plan(machine, knowledge) if _worth_a_plan(machine, findings) else None
    planned = time.monotonic()
    timings = {"findings": round(judged - started, 3), "plan": round(planned - judged, 3)}
    return Diagnosis(findings=findings, undecided=undecided, plan=plan, timings_s=timings)


def selected_rules(
    select: Sequence[str], ignore: Sequence[str], preview: bool = False
) -> tuple[Any, ...]:
    """The rules that code prefixes choose; where `select` names only checks, every rule stays.

    A rule in preview needs more than a prefix: its whole code or slug, or `preview`.
    """
    from envsetup.rules.registry import names_of

    named = {s.strip().lower() for s in select}
    rules = _rules()
    prefixes = tuple(s.upper() for s in select if any(_names(r, s) for r in rules))
    return tuple(
        r
        for r in rules
        if (preview or r.state == "stable" or named.intersection(names_of(r)))
        and (not prefixes or any(_names(r, s) for s in select))
        and not any(_names(r, i) for i in ignore)
    )


def _names(rule: Any, word: str) -> bool:
    from envsetup.rules.registry import names_of

    return bool(word) and (
        str(rule.code).startswith(word.upper()) or word.strip().lower() in names_of(rule)
    )


def unknown_word(words: Iterable[str]) -> str | None:
    """The first word of a selection that is neither a check nor the beginning of a code."""
    ids = {c.id for c in all_checks()}
    rules = _rules()
    return next((w for w in words if w not in ids and not any(_names(r, w) for r in rules)), None)


def _worth_a_plan(machine: Machine, findings: Sequence[Finding]) -> bool:
    if isinstance(machine.torch, Absent):
        return True
    return any(
        f.severity == "error" and not f.suppressed_by and f.code.startswith(INSTALL_FAMILIES)
        for f in findings
    )


def _plan(machine: Machine, knowledge: Knowledge) -> Plan | None:
    from envsetup.plan import Request, make_plan

    plan = make_plan(machine, knowledge, Request())
    return None if plan.action == "keep" else plan


def report_of(
    machine: Machine,
    diagnosis: Diagnosis,
    examination: Examination,
    outcomes: tuple[Outcome, ...] = (),
    timings_s: dict[str, float] | None = None,
) -> Report:
    """Everything found, with the verdict."""
    return Report(
        tool_version=__version__,
        created_at=datetime.now(timezone.utc).replace(microsecond=0).isoformat(),
        verdict=verdict_of(machine, diagnosis.findings, outcomes),
        proven=is_proven(machine, diagnosis.findings, outcomes),
        machine=machine,
        findings=diagnosis.findings,
        undecided=diagnosis.undecided,
        checks=explained(outcomes, diagnosis.findings, machine),
        plan=diagnosis.plan,
        timings_s=timings_s or {},
        level=examination.level,
    )


def unseen(why: str, examination: Examination) -> Report:
    """The report of a target that was not seen, since JSON is promised for that too."""
    machine = Machine(python=Unreadable(error=why, source=THE_TARGET))
    verdict: Verdict = "unknown" if machine.python == INTERRUPTED else "failed"
    return replace(report_of(machine, Diagnosis(), examination), verdict=verdict)


def was_unseen(machine: Machine) -> bool:
    """Whether this is the machine of such a report."""
    return isinstance(machine.python, Unreadable) and machine.python.source == THE_TARGET


def verdict_of(
    machine: Machine, findings: Sequence[Finding], outcomes: Sequence[Outcome]
) -> Verdict:
    """The worst of findings and checks; `unknown` where nothing bad is known and torch neither."""
    open_findings = {f.severity for f in findings if not f.suppressed_by}
    statuses = {o.status for o in outcomes}
    if "error" in open_findings or statuses.intersection(BAD):
        return "failed"
    if "warning" in open_findings or "flaky" in statuses:
        return "warnings"
    told = isinstance(machine.torch, Known) or isinstance(machine.torch_runtime, Known)
    return "ok" if told and (not outcomes or "passed" in statuses) else "unknown"


def is_proven(machine: Machine, findings: Sequence[Finding], outcomes: Sequence[Outcome]) -> bool:
    """Checks passed on every device: those that torch sees, and an NVIDIA GPU that it should see."""
    runtime = value_of(machine.torch_runtime)
    if runtime is None or any(o.status not in ("passed", "skipped") for o in outcomes):
        return False
    if any(f.severity == "error" and not f.suppressed_by for f in findings):
        return False
    passed = {o.device for o in outcomes if o.status == "passed"}
    devices = {device_name(d) for d in runtime.devices}
    nvidia = [g for g in value_of(machine.gpus) or () if g.vendor == "nvidia"]
    unseen = bool(nvidia) and not any(d.kind == "cuda" for d in runtime.devices)
    return bool(passed) and devices <= passed and not unseen
