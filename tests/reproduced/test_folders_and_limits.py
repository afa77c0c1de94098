"""Faults of folders, limits and variables, brought about for real and put to `envsetup doctor`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TARGET = os.environ.get("ENVSETUP_TEST_TARGET", "")
NAMESPACES = (
    shutil.which("unshare") is not None
    and subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0
)
needs_target = pytest.mark.skipif(
    not TARGET, reason="no interpreter with torch: set ENVSETUP_TEST_TARGET to one"
)
needs_namespaces = pytest.mark.skipif(not NAMESPACES, reason="the kernel gives no namespace")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these are faults of Linux")


def doctor(
    target: str, before: str = "", *, level: str = "quick", alone: bool = False, **variables: str
) -> dict[str, Any]:
    """The report after `before` (shell) prepared the machine; `alone` gives it mounts of its own."""
    asked = f"{sys.executable} -m envsetup doctor --python {target} --level {level} --format json"
    shell = ["bash", "-c", f"{before}\nexec {asked}"]
    done = subprocess.run(
        ["unshare", "-rm", *shell] if alone else shell,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    report = json.loads(done.stdout)
    assert isinstance(report, dict)
    return report


def top(report: dict[str, Any]) -> list[str]:
    """The findings that no other explains, but for notes."""
    return [
        f["code"]
        for f in report["findings"]
        if f["severity"] != "note" and not f.get("suppressed_by")
    ]


@pytest.mark.parametrize(
    ("before", "code"),
    [
        ("ulimit -n 200", "DL102"),
        ("export TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1", "SC102"),
        ("export KMP_DUPLICATE_LIB_OK=TRUE", "CP103"),
    ],
)
@needs_target
def test_a_limit_or_variable_is_found_and_gone_without_it(before: str, code: str) -> None:
    assert top(doctor(TARGET, before)) == [code]
    assert code not in top(doctor(TARGET))


@needs_namespaces
@pytest.mark.parametrize(
    ("before", "code"),
    [
        ("mount -t tmpfs -o size=1m tmpfs /dev/shm", "CT106"),
        (
            "mount -t tmpfs -o noexec tmpfs /mnt; export TMPDIR=/mnt",
            "ST105",
        ),
    ],
)
@needs_target
def test_a_mount_is_found(before: str, code: str) -> None:
    assert code in top(doctor(TARGET, before, alone=True))


@needs_namespaces
@needs_target
def test_a_full_folder_for_temporary_files_is_the_finding_and_not_the_end() -> None:
    """Programs' answers would be lost there: they are taken elsewhere, and torch is still proven."""
    full = "mount -t tmpfs -o size=4k tmpfs /mnt; export TMPDIR=/mnt"

    report = doctor(TARGET, full, alone=True, level="standard")

    assert top(report) == ["ST101"]
    assert {c["status"] for c in report["checks"]} <= {"passed", "skipped", "failed"}
    assert sum(c["status"] == "passed" for c in report["checks"]) > 10


@needs_target
def test_a_module_that_hides_torch_is_named_before_the_import_that_fails(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("version = 1\n")

    report = doctor(TARGET, PYTHONPATH=str(tmp_path), level="standard")

    assert top(report) == ["PY105"]
    assert str(tmp_path) in next(f["message"] for f in report["findings"] if f["code"] == "PY105")


@needs_namespaces
def test_without_proc_the_facts_are_unreadable_and_nothing_falls_over() -> None:
    report = doctor(sys.executable, "mount -t tmpfs tmpfs /proc", alone=True)

    assert report["undecided"]
    assert "error" not in report


@needs_target
def test_in_a_deleted_folder_the_first_step_is_to_leave_it(tmp_path: Path) -> None:
    """MKL can't be loaded there; torch without MKL is none the worse for it."""
    gone = tmp_path / "gone"
    report = doctor(TARGET, f"mkdir {gone}; cd {gone}; rmdir {gone}", level="standard")

    for found in report["findings"]:
        assert found["code"] == "PY113"
        assert "MKL FATAL ERROR" in found["message"]
        assert "cd ~" in found["fixes"][0]["text"]
    assert report["findings"] or report["proven"]
