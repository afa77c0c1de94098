"""A fix's command is written as the shell of the reported machine takes it."""

from __future__ import annotations

import pytest

from envsetup.model import Finding, Fix, Known, Machine, OsName, Report, Source
from envsetup.report import html, markdown, text

PATH = "C:\\Program Files\\e\\python.exe"
FINDING = Finding(
    code="WN101",
    slug="vcredist-missing",
    severity="error",
    confidence="high",
    message="It is missing.",
    fixes=(Fix(text="Mend it", argv=(PATH, "-m", "pip")),),
)
SOURCE = Source(kind="flag", ref="test")


def report(os: OsName) -> Report:
    machine = Machine(os=Known(value=os, source=SOURCE))
    return Report(
        tool_version="1",
        created_at="2026-01-01T00:00:00Z",
        verdict="failed",
        proven=False,
        machine=machine,
        findings=(FINDING,),
    )


@pytest.mark.parametrize(
    ("os", "line"), [("windows", f"& '{PATH}' -m pip"), ("linux", f"'{PATH}' -m pip")]
)
def test_the_shell_is_the_machines(os: OsName, line: str) -> None:
    shown = text.render(report(os))
    assert f"      {line}\n" in shown
    assert f"`{line}`" in markdown.render(report(os))
    page = html.render(report(os)).replace("&amp;", "&").replace("&#39;", "'")
    assert f"<pre>{line}</pre>" in page
