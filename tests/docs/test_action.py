"""The composite action passes its inputs on as they are, and never runs them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from envsetup.cli import root

ROOT = Path(__file__).resolve().parents[2]
BASH = shutil.which("bash")
yaml = pytest.importorskip("yaml", reason="comes with myst-parser in the extra `test`")


@pytest.fixture(scope="module")
def action() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    return loaded


def test_inputs_are_never_pasted_into_a_script(action: dict[str, Any]) -> None:
    assert all("${{" not in step.get("run", "") for step in action["runs"]["steps"])


def test_every_input_is_used(action: dict[str, Any]) -> None:
    text = (ROOT / "action.yml").read_text("utf-8")

    assert all(re.search(rf"inputs\.{name}\b", text) for name in action["inputs"])


PROGRAM = """#!{python}
import json, sys
with open({log!r}, "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
print("## summary" if "convert" in sys.argv else "python -m pip install torch==2.15.0+cpu")
"""


class Runner:
    """Runs a step's script as GitHub's runner does, with an envsetup that writes down its words."""

    def __init__(self, action: dict[str, Any], folder: Path) -> None:
        self.steps = {step["name"]: step for step in action["runs"]["steps"]}
        self.folder = folder
        self.log, self.output, self.summary = (folder / n for n in ("log", "output", "summary"))
        program = folder / "envsetup"
        program.write_text(PROGRAM.format(python=sys.executable, log=str(self.log)))
        program.chmod(0o755)
        self.env = {
            **os.environ,
            "ENVSETUP_PROGRAM": str(program),
            "PYTHON": "/no/such/python",
            "LEVEL": "quick",
            "FAIL_ON": "warning",
            "REQUIRE": "cuda\n\ngpus>=8\n$(touch pwned)\n",
            "BASELINE": "",
            "ALLOW_IGNORE": "true",
            "REPORT": "a report.json",
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }

    def run(self, step: str, **env: str) -> list[list[str]]:
        """What envsetup was called with."""
        script = self.steps[step]["run"]
        shell = [str(BASH), "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        subprocess.run(shell, env={**self.env, **env}, cwd=self.folder, check=True, timeout=30)
        assert not (self.folder / "pwned").exists()
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines]


@pytest.fixture
def runner(action: dict[str, Any], tmp_path: Path) -> Runner:
    if BASH is None or os.name == "nt":
        pytest.skip("needs bash")
    return Runner(action, tmp_path)


def test_what_the_job_needs_reaches_doctor(runner: Runner) -> None:
    (words,) = runner.run("Examine")

    assert words[:3] == ["doctor", "--python", "/no/such/python"]
    needs = [words[at + 1] for at, word in enumerate(words) if word == "--require"]
    assert needs == ["cuda", "gpus>=8", "$(touch pwned)"]
    assert words[words.index("-o") + 1] == "json:a report.json"
    assert "--baseline" not in words


def test_a_baseline_reaches_doctor(runner: Runner) -> None:
    (words,) = runner.run("Examine", BASELINE="known good.json")

    assert words[words.index("--baseline") + 1] == "known good.json"


@pytest.mark.parametrize(("allowed", "refused"), [("true", False), ("false", True), ("no", True)])
def test_a_job_can_refuse_what_a_pull_request_leaves_out(
    runner: Runner, allowed: str, refused: bool
) -> None:
    (words,) = runner.run("Examine", ALLOW_IGNORE=allowed)

    assert ("--no-project-ignore" in words) is refused


def test_a_report_becomes_the_summary_of_the_job(runner: Runner) -> None:
    assert runner.run("Summarise") == []
    (runner.folder / "a report.json").touch()

    assert runner.run("Summarise") == [
        ["report", "convert", "a report.json", "--format", "markdown"]
    ]
    assert runner.summary.read_text() == "## summary\n"


def test_a_plan_becomes_an_output_and_the_summary(runner: Runner) -> None:
    runner.run("Plan")

    command = "python -m pip install torch==2.15.0+cpu"
    assert runner.output.read_text() == f"install<<END-OF-PLAN\n{command}\nEND-OF-PLAN\n"
    assert runner.summary.read_text() == f"```sh\n{command}\n```\n"


@pytest.mark.parametrize("step", ["Plan", "Examine", "Summarise"])
def test_the_options_are_known(runner: Runner, step: str) -> None:
    (runner.folder / "a report.json").touch()

    for words in runner.run(step, BASELINE="b.json"):
        command: click.Command = root
        context = click.Context(root)
        while isinstance(command, click.Group):
            found = command.get_command(context, words.pop(0))
            assert found is not None
            command = found
        known = {name for param in command.params for name in param.opts}
        assert {word for word in words if word.startswith("-")} <= known
