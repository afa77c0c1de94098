"""A fix's command is written as the shell of the reported machine takes it."""

from __future__ import annotations

import pytest

from envsetup.doctor import Diagnosis, Examination, report_of
from envsetup.doctor.findings import find
from envsetup.knowledge import load
from envsetup.model import Finding, Fix, Known, Machine, OsName, Report
from envsetup.report import html, markdown, text
from envsetup.report.shells import for_machine, in_its_shell
from envsetup.testing import SOURCE, known

PATH = "C:\\Program Files\\e\\python.exe"
FINDING = Finding(
    code="WN101",
    slug="vcredist-missing",
    severity="error",
    confidence="high",
    message="It is missing.",
    fixes=(Fix(text="Mend it", argv=(PATH, "-m", "pip")),),
)


def report(os: OsName) -> Report:
    machine = Machine(os=known(os))
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


@pytest.mark.parametrize(
    ("posix", "powershell"),
    [
        ("`unset A_1`, then look", "`Remove-Item Env:A_1`, then look"),
        ("Both: `unset A B`", "Both: `Remove-Item Env:A, Env:B`"),
        ("`export TMPDIR=$HOME/tmp` first", '`$env:TMPDIR = "$HOME/tmp"` first'),
        ("`export A=<the file> B=2`", '`$env:A = "<the file>"; $env:B = "2"`'),
        ("Unset it, or `pip config unset x`", "Unset it, or `pip config unset x`"),
    ],
)
def test_settings_are_in_the_words_of_the_shell(posix: str, powershell: str) -> None:
    def written(os: OsName) -> str:
        return for_machine((Fix(text=posix),), Machine(os=known(os)))[0].text

    assert written("linux") == written("macos") == posix
    assert written("windows") == powershell


def test_a_rule_found_on_windows_says_how_to_unset_a_variable_there() -> None:
    variables = Known(value={"KMP_DUPLICATE_LIB_OK": "TRUE"}, source=SOURCE)
    machine = Machine(os=known("windows"), environment=variables)
    findings, _ = find(machine, load())
    report = in_its_shell(report_of(machine, Diagnosis(findings=findings), Examination()))
    found = {f.code: f for f in report.findings}

    assert "`Remove-Item Env:KMP_DUPLICATE_LIB_OK`" in found["CP103"].fixes[0].text
