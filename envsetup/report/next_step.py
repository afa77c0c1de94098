"""What to do next: mend what explains the failure, or look at the check that failed."""

from __future__ import annotations

import re

from envsetup.model import Absent, Finding, Known, Outcome, Report
from envsetup.plan.bind import bound_argv, bound_to
from envsetup.report.escaping import command_line
from envsetup.report.group_by_cause import by_weight

CHECK, DEVICE = re.compile(r"[a-z][a-z0-9-]{0,60}"), re.compile(r"[a-z]{1,10}(?::[0-9]{1,3})?")
"""What goes into a command: a report from elsewhere may hold anything."""


def next_step(report: Report, verbose: bool = False) -> tuple[str, str]:
    """What to do next, in words, and the command that does it, which may be empty."""
    worst = next((f for f in _open(report) if f.severity != "note"), None)
    bad = [o for o in report.checks if o.status not in ("passed", "skipped")]
    cause = _cause_of(bad, report)
    if cause is not None and cause.fixes:
        return _step(cause, report)
    if worst is None and isinstance(report.machine.torch, Absent):
        return "Next, for torch:", _command(("envsetup", "install-plan"), report)
    again = _again(bad, report)
    if again and (worst is None or worst.severity != "error"):
        return "Next:", _command(again, report)
    if worst is not None and worst.fixes:
        return _step(worst, report)
    if report.verdict == "ok" and not report.proven:
        return "To compute on every device:", _command(("envsetup", "doctor"), report)
    if report.verdict == "unknown":
        see = "" if verbose else "; see -v"
        return f"{len(report.undecided)} rules lack facts{see}.", ""
    return ("" if report.verdict == "ok" or verbose else "Details: -v."), ""


def _cause_of(bad: list[Outcome], report: Report) -> Finding | None:
    """The finding that explains why checks didn't pass, whatever its weight."""
    codes = {o.explained_by for o in bad}
    return next((f for f in _open(report) if f.code in codes), None)


def _again(bad: list[Outcome], report: Report) -> tuple[str, ...]:
    """The command that shows the first of them; none where torch can't be imported: it fails the same."""
    if not isinstance(report.machine.torch_runtime, Known):
        return ()
    named = (o for o in bad if CHECK.fullmatch(o.id) and DEVICE.fullmatch(o.device))
    first = next(named, None)
    if first is None:
        return ()
    return ("envsetup", "checks", "run", first.id, "--device", first.device, "-v")


def _step(finding: Finding, report: Report) -> tuple[str, str]:
    first = finding.fixes[0]
    if first.argv:
        return "Next:", command_line(first.argv, report.machine)
    return f"Next: {first.text}", ""


def _open(report: Report) -> list[Finding]:
    """What nothing explains, errors first."""
    return by_weight(f for f in report.findings if f.suppressed_by is None)


def _command(argv: tuple[str, ...], report: Report) -> str:
    """A command of the examined environment, as the reader's shell takes it."""
    python = report.target and report.target.path
    bound = bound_argv(argv, bound_to(python, report.machine)) if python else argv
    return command_line(bound, report.machine)
