"""Markdown for an issue: short first, the rest folded; nothing from the facts can act in it.

GitHub takes 65,536 characters in an issue or a comment: a longer report leaves out its tail and says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from envsetup.model import Finding, Machine, Outcome, Report
from envsetup.report.escaping import command_line
from envsetup.report.group_by_cause import by_weight, followers
from envsetup.report.left_out import left_out_lines
from envsetup.report.summary import summary

MARKS = {"passed": "ok", "skipped": "skipped", "flaky": "**flaky**"}
FINDINGS_CHARACTERS = 32_000
FOLDED_CHARACTERS = 12_000
MESSAGE_CHARACTERS = 300
"""Room for the findings, for each folded section and a message in it: with the head they stay below GitHub's limit."""


def render(report: Report, **_: object) -> str:
    return "\n".join(_lines(report)).rstrip() + "\n"


def _lines(report: Report) -> Iterator[str]:
    proven = "proven by checks on every device" if report.proven else "not proven"
    yield f"## envsetup {report.tool_version}: {report.verdict}, {proven}"
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    for key, value in summary(report.machine).items():
        if value not in (None, []):
            yield f"| {key} | {_words(value)} |"
    yield ""
    loud = by_weight(f for f in report.findings if f.suppressed_by is None)
    under = followers(report.findings)
    told = ("\n".join(_finding(f, report.machine, under.get(f.code, ()))) for f in loud)
    yield from _fitting(told, len(loud), "findings", FINDINGS_CHARACTERS)
    if not loud:
        yield "No findings."
        yield ""
    for line in left_out_lines(report):
        yield line
        yield ""
    yield from _checks(report)
    yield from _undecided(report)


def _fitting(parts: Iterable[str], count: int, what: str, room: int) -> Iterator[str]:
    """The parts that fit into so many characters, and how many of the `count` were left out."""
    for told, part in enumerate(parts):
        room -= len(part) + 1
        if room < 0:
            yield ""
            yield f"{count - told} more {what} are in the JSON report."
            return
        yield part


def _words(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(" ".join(str(v) for v in gpu.values() if v) for gpu in value)
    return str(value)


def code(value: str) -> str:
    """A code span that its content can't end."""
    longest = max((len(run) for run in re.findall(r"`+", value)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {value} {fence}" if longest else f"`{value}`"


def _finding(finding: Finding, machine: Machine, explained: tuple[str, ...]) -> Iterator[str]:
    about = f" ({finding.subject})" if finding.subject else ""
    yield f"- **{finding.code}** {finding.slug}{about}, {finding.severity}: {finding.message}"
    for fix in finding.fixes:
        command = f" {code(command_line(fix.argv, machine))}" if fix.argv else ""
        safety = "" if fix.safety == "safe" else f" *({fix.safety})*"
        yield f"  - {fix.text}{command}{safety}"
    if explained:
        yield f"  - explains {', '.join(explained)}"
    yield ""


def _checks(report: Report) -> Iterator[str]:
    if not report.checks:
        return
    passed = sum(o.status == "passed" for o in report.checks)
    ordered = sorted(report.checks, key=lambda o: o.status in ("passed", "skipped"))
    yield f"<details><summary>{passed} of {len(report.checks)} checks passed</summary>"
    yield ""
    yield "| check | device | status | seconds | message |"
    yield "| --- | --- | --- | --- | --- |"
    yield from _fitting(map(_row, ordered), len(ordered), "checks", FOLDED_CHARACTERS)
    yield ""
    yield "</details>"
    yield ""


def _row(one: Outcome) -> str:
    mark = MARKS.get(one.status, f"**{one.status}**")
    message = one.message[:MESSAGE_CHARACTERS].rstrip("\\")  # no half of an escape
    return f"| {one.id} | {one.device} | {mark} | {one.duration_s:.2f} | {message} |"


def _undecided(report: Report) -> Iterator[str]:
    if not report.undecided:
        return
    yield f"<details><summary>{len(report.undecided)} rules undecided</summary>"
    yield ""
    told = (f"- {one.code}: {one.reason}" for one in report.undecided)
    yield from _fitting(told, len(report.undecided), "rules", FOLDED_CHARACTERS)
    yield ""
    yield "</details>"
