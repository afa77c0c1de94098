"""What has no compiler to work with is skipped with the reason, and so is what builds on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TARGET = os.environ.get("ENVSETUP_TEST_TARGET", "")


pytestmark = [
    pytest.mark.skipif(
        not TARGET, reason="no interpreter with torch: set ENVSETUP_TEST_TARGET to one"
    ),
    pytest.mark.skipif(sys.platform != "linux", reason="the usual compiler has another name there"),
]


def told_by(folder: Path, *names: str) -> dict[str, dict[str, Any]]:
    """The checks' results where PATH holds only `folder`."""
    environment = {k: v for k, v in os.environ.items() if k != "CXX"} | {"PATH": str(folder)}
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
    return {check["id"]: check for check in json.loads(done.stdout)["checks"]}


def test_without_a_compiler_three_checks_are_skipped_and_say_why(tmp_path: Path) -> None:
    names = ("compile", "max-autotune", "cpp-extension")
    told = told_by(tmp_path, *names)
    assert {name: told[name]["status"] for name in names} == dict.fromkeys(names, "skipped")
    assert "no C++ compiler on PATH" in told["compile"]["message"]
    assert "needs compile" in told["max-autotune"]["message"]


def test_without_a_compiler_the_search_for_the_fastest_kernel_alone_is_skipped_too(
    tmp_path: Path,
) -> None:
    told = told_by(tmp_path, "max-autotune")["max-autotune"]
    assert told["status"] == "skipped"
    assert "no C++ compiler on PATH" in told["message"]


def test_a_compiler_that_is_there_and_fails_is_a_failure(tmp_path: Path) -> None:
    broken = tmp_path / "g++"
    broken.write_text("#!/bin/sh\necho this compiler is broken >&2\nexit 1\n")
    broken.chmod(0o755)
    assert told_by(tmp_path, "compile")["compile"]["status"] == "failed"
