"""The run for a borrowed GPU works as a program: what needs no GPU is done, and the rest says why not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ACCEPTANCE = Path(__file__).with_name("acceptance.py")


def test_steps_are_taken_and_written_down(tmp_path: Path) -> None:
    target = os.environ.get("ENVSETUP_TEST_TARGET")
    if target is None:
        pytest.skip("no interpreter with torch: set ENVSETUP_TEST_TARGET to one")
    only = ["--only", "recorded", "--only", "attributes", "--only", "standard"]
    done = subprocess.run(
        [sys.executable, str(ACCEPTANCE), "--python", target, "--out", str(tmp_path), *only],
        capture_output=True,
        text=True,
        timeout=280,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
    )

    rows = [json.loads(line) for line in (tmp_path / "steps.jsonl").read_text().splitlines()]
    came = {row["step"]: row["came"] for row in rows}
    assert came == {"recorded": "as due", "attributes": "not here", "standard": "as due"}, done
    assert done.returncode == 0
    assert "| standard | nothing fails | as due" in (tmp_path / "proven-on.md").read_text()
    assert any((tmp_path / "machine").iterdir())


def test_a_step_that_goes_wrong_is_no_success(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, str(ACCEPTANCE), "--python", str(tmp_path / "nowhere")),
            *("--out", str(tmp_path), "--only", "standard"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 1
    assert "otherwise" in done.stdout
