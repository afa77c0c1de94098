"""The composite action passes its inputs on as they are, and never runs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from envsetup.cli import root

ROOT = Path(__file__).resolve().parents[2]
yaml = pytest.importorskip("yaml", reason="comes with myst-parser in the extra `test`")


@pytest.fixture(scope="module")
def action() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    return loaded


def test_inputs_are_never_pasted_into_a_script(action: dict[str, Any]) -> None:
    assert all("${{" not in step["run"] for step in action["runs"]["steps"])


def test_every_input_is_used(action: dict[str, Any]) -> None:
    text = (ROOT / "action.yml").read_text("utf-8")

    assert all(f"${{{{ inputs.{name} }}}}" in text for name in action["inputs"])


@pytest.fixture
def words(action: dict[str, Any], tmp_path: Path) -> list[str]:
    """What the step `Examine` hands to envsetup, run by a real shell."""
    bash = shutil.which("bash")
    if bash is None or os.name == "nt":
        pytest.skip("needs bash")
    program = tmp_path / "envsetup"
    out = tmp_path / "words.json"
    program.write_text(
        f"#!{sys.executable}\nimport json, sys\njson.dump(sys.argv[1:], open({str(out)!r}, 'w'))\n"
    )
    program.chmod(0o755)
    env = {
        **os.environ,
        "ENVSETUP_PROGRAM": str(program),
        "PYTHON": "/no/such/python",
        "LEVEL": "quick",
        "FAIL_ON": "warning",
        "REQUIRE": "cuda\n\ngpus>=8\n$(touch pwned)\n",
        "REPORT": "a report.json",
    }
    script = action["runs"]["steps"][1]["run"]
    shell = [bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    subprocess.run(shell, env=env, cwd=tmp_path, check=True, timeout=30)
    assert not (tmp_path / "pwned").exists()
    found: list[str] = json.loads(out.read_text())
    return found


def test_what_the_job_needs_reaches_doctor(words: list[str]) -> None:
    assert words[:3] == ["doctor", "--python", "/no/such/python"]
    needs = [words[at + 1] for at, word in enumerate(words) if word == "--require"]
    assert needs == ["cuda", "gpus>=8", "$(touch pwned)"]
    assert words[words.index("-o") + 1] == "json:a report.json"


def test_doctor_knows_the_options_that_the_action_gives(words: list[str]) -> None:
    doctor = root.get_command(click.Context(root), "doctor")
    assert doctor is not None
    known = {name for param in doctor.params for name in param.opts}

    assert {word for word in words if word.startswith("-")} <= known
