"""The last line names the fix of what explains the failure, never the check that would fail again."""

from __future__ import annotations

import pytest

from envsetup.doctor import Examination, diagnose, report_of
from envsetup.knowledge import load
from envsetup.model import Machine, Outcome, Report, TorchRuntime
from envsetup.report import render
from tests.doctor.test_failed_imports import ERRORS, MAP, known, machine, package, places

NOT_STARTED = (
    Outcome(id="amp", device="cpu", status="not-started", message="torch could not be imported"),
    Outcome(id="import", device="cpu", status="not-started", message="torch could not be imported"),
)
WORKS = known(TorchRuntime(version="2.13.0+cpu"))


def report(one: Machine, *outcomes: Outcome, ignore: tuple[str, ...] = ()) -> Report:
    examination = Examination(ignore=ignore)
    return report_of(one, diagnose(one, load(), examination), examination, outcomes)


def closing(one: Report) -> str:
    return " ".join(render(one, "text", width=400).splitlines()[-2:])


@pytest.mark.parametrize("error", [error for _, error in ERRORS], ids=lambda e: e[:40])
def test_after_a_failed_import_it_is_a_fix(error: str) -> None:
    one = report(machine(error), *NOT_STARTED)
    (cause,) = {o.explained_by for o in one.checks}
    finding = next(f for f in one.findings if f.code == cause)

    assert finding.suppressed_by is None
    assert "Next: " in closing(one)
    assert "checks run" not in closing(one)


def test_it_is_the_fix_of_the_cause_among_other_errors() -> None:
    one = report(machine(MAP, storage=known(places("environment"))), *NOT_STARTED)

    assert {o.explained_by for o in one.checks} == {"ST107"}
    assert "envsetup setup <folder>" in closing(one)


def test_a_warning_that_explains_a_failed_check_comes_before_the_check() -> None:
    """sympy is missing: torch imports, and what needs it fails."""
    missing = known((package("torch", "sympy>=1.13"), package("numpy")))
    message = "ModuleNotFoundError: No module named 'sympy'"
    failed = Outcome(id="amp", device="cpu", status="failed", message=message)
    one = report(machine(packages=missing, torch_runtime=WORKS), failed)

    assert one.checks[0].explained_by == "PY112"
    assert "python -m pip install sympy" in closing(one)


def test_a_check_that_nothing_explains_is_looked_at() -> None:
    failed = Outcome(id="amp", device="cpu", status="failed", message="off by 3")

    assert "envsetup checks run amp --device cpu -v" in closing(
        report(machine(torch_runtime=WORKS), failed)
    )


def test_without_a_finding_a_failed_import_is_not_tried_again() -> None:
    one = report(machine("ImportError: who knows"), *NOT_STARTED, ignore=("PY",))

    assert {o.explained_by for o in one.checks} == {None}
    assert "checks run" not in closing(one)


def test_a_check_named_by_a_stranger_is_no_command() -> None:
    for name, device in (
        ("--python=x", "cpu"),
        ("a b", "cpu"),
        ("amp", "--help"),
    ):
        one = report(machine(torch_runtime=WORKS), Outcome(id=name, device=device, status="failed"))
        assert "checks run" not in closing(one)
