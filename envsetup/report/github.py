"""GitHub Actions annotations: one workflow command a finding or failed check.

The verdict stands first, then the worst: GitHub shows ten of a level from one step (actions/toolkit,
docs/problem-matchers.md).
"""

from __future__ import annotations

from envsetup.model import Outcome, Report
from envsetup.report.escaping import fix_line
from envsetup.report.group_by_cause import by_weight
from envsetup.report.left_out import left_out_lines

LEVELS = {"error": "error", "warning": "warning", "note": "notice"}
BAD = {
    "failed": "error",
    "crashed": "error",
    "timed-out": "error",
    "not-started": "error",
    "flaky": "warning",
}


def render(report: Report, **_: object) -> str:
    lines = [_command("notice", "envsetup", f"verdict: {report.verdict}")]
    for finding in by_weight(report.findings):
        if finding.suppressed_by is None:
            fix = f"\nFix: {fix_line(finding.fixes[0], report.machine)}" if finding.fixes else ""
            title = f"{finding.code} {finding.slug}"
            lines.append(_command(LEVELS[finding.severity], title, finding.message + fix))
    lines += [_check(o) for o in report.checks if o.status in BAD]
    lines += [_command("notice", "envsetup left out", one) for one in left_out_lines(report)]
    return "\n".join(lines) + "\n"


def _check(outcome: Outcome) -> str:
    title = f"check {outcome.id} on {outcome.device}: {outcome.status}"
    return _command(BAD[outcome.status], title, outcome.message or outcome.status)


def _command(level: str, title: str, message: str) -> str:
    return f"::{level} title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    """Source: actions/toolkit, packages/core/src/command.ts."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
