"""Limits on address space, set for real: as batch jobs have them through `ulimit -v`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

TARGET = os.environ.get("ENVSETUP_TEST_TARGET", "")
MIB = 2**20

pytestmark = [
    pytest.mark.skipif(
        not TARGET, reason="no interpreter with torch: set ENVSETUP_TEST_TARGET to one"
    ),
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the limit isn't held"),
]

LIMITED = """
import os, resource, sys
size = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (size, size))
os.execv(sys.executable, [sys.executable, "-m", "envsetup", *sys.argv[2:]])
"""


def report_under(size: int, *options: str) -> dict[str, Any]:
    done = subprocess.run(
        [
            *(sys.executable, "-c", LIMITED, str(size), "doctor", "--python", TARGET),
            *("--format", "json", "--exit-zero", *options),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("size", [120 * MIB, 300 * MIB])
def test_a_limit_that_torch_cannot_be_imported_under_is_the_finding(size: int) -> None:
    report = report_under(size)  # libtorch_cpu alone maps more
    findings = {found["code"]: found for found in report["findings"]}

    assert findings["CT108"]["severity"] == "error"
    assert findings["PY113"]["suppressed_by"] == "CT108"
    assert {check["status"] for check in report["checks"]} == {"not-started"}


def test_a_limit_that_leaves_enough_hinders_no_check() -> None:
    report = report_under(32768 * MIB, "--select", "memory,matmul,threads")

    assert not [found for found in report["findings"] if found["code"] == "CT108"]
    assert {check["status"] for check in report["checks"]} == {"passed"}
