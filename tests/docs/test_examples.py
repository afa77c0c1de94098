"""What the how-to guides show is what the program prints; their other snippets are well formed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = ROOT / "docs" / "how-to"
SHOWN = re.compile(r"^```sh\n((?:(?!```).*\n)+)```\n+```text\n((?:(?!```).*\n)+)```", re.MULTILINE)
YAML = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
NEED = re.compile(r"--require[ =](\S+)")
INDEPENDENT = ("envsetup explain", "envsetup install-plan --os", "envsetup install-plan 'torch")


def examples() -> list[Any]:
    return [
        pytest.param(command, shown, id=f"{page.stem}-{number}")
        for page in sorted(HOW_TO.glob("*.md"))
        for number, (command, shown) in enumerate(SHOWN.findall(page.read_text("utf-8")))
    ]


def pattern(shown: str) -> re.Pattern[str]:
    """The text as it is; a line `...` stands for any number of lines, also none."""
    lines = (
        r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in lines_of(shown)
    )
    return re.compile("".join(lines))


def lines_of(text: str) -> list[str]:
    return text.rstrip("\n").split("\n")


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    """No home, no network wanted, no colour; the program of the interpreter that runs the tests.

    A `.venv` lies in the folder, as on the machine of somebody who follows a page.
    """
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / ".venv")], check=True
    )
    program = tmp_path / "bin" / "envsetup"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m envsetup "$@"\n')
    program.chmod(0o755)
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "LANG") if name in os.environ}
    path = os.pathsep.join([str(program.parent), os.defpath])
    return {**kept, "PATH": path, "HOME": str(tmp_path), "NO_COLOR": "1", "COLUMNS": "100"}


@pytest.mark.parametrize(("command", "shown"), examples())
def test_an_example_prints_what_the_page_shows(
    command: str, shown: str, surroundings: dict[str, str], tmp_path: Path
) -> None:
    bash = shutil.which("bash")
    if bash is None or os.name == "nt":
        pytest.skip("needs bash")
    done = subprocess.run(
        [bash, "--noprofile", "--norc", "-c", command],
        env=surroundings,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )

    assert pattern(shown).fullmatch(done.stdout.rstrip("\n") + "\n"), done.stdout


def test_examples_do_not_depend_on_this_machine() -> None:
    shown = [command for page in HOW_TO.glob("*.md") for command, _ in SHOWN.findall(text_of(page))]

    assert len(shown) >= 15
    assert [command for command in shown if not command.startswith(INDEPENDENT)] == []


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_no_page_leaves_a_comparison_to_the_shell() -> None:
    """`--require gpus>=1` unquoted makes the shell write a file called `=1`."""
    bare = [
        f"{page.name}: {need}"
        for page in pages()
        for need in NEED.findall(text_of(page))
        if ">" in need and need[0] not in "'\""
    ]

    assert bare == []


def test_yaml_snippets_are_yaml() -> None:
    yaml = pytest.importorskip("yaml", reason="comes with myst-parser in the extra `test`")
    snippets = [text for page in pages() for text in YAML.findall(text_of(page))]

    assert len(snippets) >= 2
    assert all(isinstance(yaml.safe_load(text), dict | list) for text in snippets)


def test_the_workflow_gives_inputs_that_the_action_has() -> None:
    yaml = pytest.importorskip("yaml", reason="comes with myst-parser in the extra `test`")
    action = yaml.safe_load(text_of(ROOT / "action.yml"))
    (workflow,) = YAML.findall(text_of(HOW_TO / "github-actions.md"))
    steps = [s for job in yaml.safe_load(workflow)["jobs"].values() for s in job["steps"]]
    given = [step["with"] for step in steps if "/envsetup@" in step.get("uses", "")]

    assert given
    assert all(set(inputs) <= set(action["inputs"]) for inputs in given)


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    """The how-to's workflow as a user would save it, the placeholder for a commit filled in."""
    (text,) = YAML.findall(text_of(HOW_TO / "github-actions.md"))
    file = tmp_path / ".github" / "workflows" / "train.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text.replace("COMMIT", "0" * 40), encoding="utf-8")
    return file


def linted(*command: str) -> subprocess.CompletedProcess[str]:
    """What a linter says; skips where it is neither beside this interpreter nor on PATH."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    program = shutil.which(command[0], path=places)
    if program is None:
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run(
        [program, *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def test_zizmor_finds_nothing_in_the_action_and_the_workflow(workflow: Path) -> None:
    quietly = ("--offline", "--no-progress", "--color", "never")

    done = linted("zizmor", *quietly, "action.yml", str(workflow))

    assert done.returncode == 0, done.stdout + done.stderr


def test_actionlint_finds_nothing_in_the_workflow(workflow: Path) -> None:
    own_label = 'label "gpu" is unknown'

    done = linted("actionlint", "-no-color", "-ignore", own_label, str(workflow))

    assert done.returncode == 0, done.stdout + done.stderr
