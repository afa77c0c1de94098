"""What has no compiler to work with is skipped with the reason, and so is what builds on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TARGET = os.environ.get("ENVSETUP_TEST_TARGET", "")


@pytest.mark.skipif(not TARGET, reason="no interpreter with torch: set ENVSETUP_TEST_TARGET to one")
@pytest.mark.skipif(sys.platform != "linux", reason="the usual compiler has another name there")
def test_without_a_compiler_three_checks_are_skipped_and_say_why(tmp_path: Path) -> None:
    names = ("compile", "max-autotune", "cpp-extension")
    environment = {k: v for k, v in os.environ.items() if k != "CXX"} | {"PATH": str(tmp_path)}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "envsetup", "checks", "run", *names),
            *("--python", TARGET, "--format", "json"),
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    told = {check["id"]: check for check in json.loads(done.stdout)["checks"]}
    assert {name: told[name]["status"] for name in names} == dict.fromkeys(names, "skipped")
    assert "no C++ compiler on PATH" in told["compile"]["message"]
    assert "needs compile" in told["max-autotune"]["message"]
    assert done.returncode == 0
