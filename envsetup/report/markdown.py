"""Markdown for an issue: short first, the rest folded; nothing from the facts can act in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Finding, Report
from envsetup.report.causes import by_weight, followers
from envsetup.report.safe import one_line
from envsetup.report.summary import summary

MARKS = {"passed": "ok", "skipped": "skipped", "flaky": "**flaky**"}
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


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
            yield f"| {key} | {text(_words(value))} |"
    yield ""
    loud = by_weight(f for f in report.findings if f.suppressed_by is None)
    under = followers(report.findings)
    for finding in loud:
        yield from _finding(finding, under.get(finding.code, ()))
    if not loud:
        yield "No findings."
        yield ""
    yield from _checks(report)
    yield from _undecided(report)


def _words(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(" ".join(str(v) for v in gpu.values() if v) for gpu in value)
    return str(value)


def text(value: str) -> str:
    """Text from outside on one line: no markup, no mention, no link, no HTML."""
    return SPECIAL.sub(r"\\\1", one_line(value)).replace("@", "@\u200b").replace("://", ":\u200b//")


def code(value: str) -> str:
    """A code span that its content can't end."""
    content = one_line(value)
    longest = max((len(run) for run in re.findall(r"`+", content)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {content} {fence}" if longest else f"`{content}`"


def _finding(finding: Finding, explained: tuple[str, ...]) -> Iterator[str]:
    about = f" ({text(finding.subject)})" if finding.subject else ""
    yield f"- **{text(finding.code)}** {text(finding.slug)}{about}, {finding.severity}: {text(finding.message)}"
    for fix in finding.fixes:
        command = f" {code(' '.join(fix.argv))}" if fix.argv else ""
        safety = "" if fix.safety == "safe" else f" *({fix.safety})*"
        yield f"  - {text(fix.text)}{command}{safety}"
    if explained:
        yield f"  - explains {text(', '.join(explained))}"
    yield ""


def _checks(report: Report) -> Iterator[str]:
    if not report.checks:
        return
    passed = sum(o.status == "passed" for o in report.checks)
    yield f"<details><summary>{passed} of {len(report.checks)} checks passed</summary>"
    yield ""
    yield "| check | device | status | seconds | message |"
    yield "| --- | --- | --- | --- | --- |"
    for one in report.checks:
        mark = MARKS.get(one.status, f"**{one.status}**")
        yield f"| {text(one.id)} | {text(one.device)} | {mark} | {one.duration_s:.2f} | {text(one.message[:300])} |"
    yield ""
    yield "</details>"
    yield ""


def _undecided(report: Report) -> Iterator[str]:
    if not report.undecided:
        return
    yield f"<details><summary>{len(report.undecided)} rules undecided</summary>"
    yield ""
    for one in report.undecided:
        yield f"- {text(one.code)}: {text(one.reason)}"
    yield ""
    yield "</details>"
