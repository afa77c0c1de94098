"""What hangs under a finding is told with it."""

from __future__ import annotations

from typing import Any

from envsetup.model import Finding, Fix, Machine, Report
from envsetup.report import render
from envsetup.report.group_by_cause import followers


def found(code: str, cause: str | None = None, severity: Any = "error") -> Finding:
    return Finding(
        code=code,
        slug=f"slug-{code.lower()}",
        severity=severity,
        confidence="high",
        message=f"message of {code}",
        fixes=(Fix(text="mend it"),),
        suppressed_by=cause,
    )


CHAIN = (found("AA101"), found("BB101", "AA101"), found("CC101", "BB101"), found("DD101"))


def test_all_that_a_cause_explains_hangs_under_it() -> None:
    assert followers(CHAIN) == {"AA101": ("BB101 slug-bb101", "CC101 slug-cc101")}


def test_two_findings_of_one_code_are_one_follower() -> None:
    twice = (found("AA101"), found("BB101", "AA101"), found("BB101", "AA101"))
    assert followers(twice) == {"AA101": ("BB101 slug-bb101",)}


def test_a_circle_from_elsewhere_ends() -> None:
    circle = (found("AA101", "BB101"), found("BB101", "AA101"))
    assert set(followers(circle)) == {"AA101", "BB101"}


def test_text_and_markdown_tell_it() -> None:
    report = Report(
        tool_version="0",
        created_at="2026-01-01T00:00:00+00:00",
        verdict="failed",
        proven=False,
        machine=Machine(),
        findings=CHAIN,
    )
    words = {n: " ".join(render(report, n).replace("\\", "").split()) for n in ("text", "markdown")}
    assert "explains: 2 more, shown by -v" in words["text"]
    assert "explains BB101 slug-bb101, CC101 slug-cc101" in words["markdown"]
    for shown in words.values():
        assert "message of BB101" not in shown
    verbose = " ".join(render(report, "text", verbose=True).split())
    assert "explains: BB101 slug-bb101, CC101 slug-cc101" in verbose
    assert "CC101 slug-cc101 (explained by BB101)" in verbose
