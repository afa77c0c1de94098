"""The target interpreter: found as the contract says, and asked without trusting it."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path

import pytest

from envsetup.model import Known, Unreadable
from envsetup.target import TargetError, ask, find_target

posix = pytest.mark.skipif(sys.platform == "win32", reason="fake interpreters are scripts")


def program(folder: Path, text: str) -> str:
    path = folder / "python"
    path.write_text("#!/bin/sh\n" + text, "utf-8")
    path.chmod(0o755)
    return str(path)


def test_a_named_interpreter_wins_over_the_environment() -> None:
    target = find_target(sys.executable, {"VIRTUAL_ENV": "/nowhere"})

    assert target.path == os.path.abspath(sys.executable)
    assert target.chosen_by == "option"


@pytest.mark.parametrize("named", ["/no/such/python", "no-such-python"])
def test_what_is_not_there_is_refused(named: str) -> None:
    with pytest.raises(TargetError, match=named):
        find_target(named, {"PATH": "/nowhere"})


def test_a_folder_stands_for_the_interpreter_in_it(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    inside = tmp_path / "bin" / "python"
    inside.symlink_to(sys.executable)

    assert find_target(str(tmp_path), {}).path == str(inside)


def test_an_interpreter_tells_of_itself() -> None:
    answer = ask(sys.executable)

    assert isinstance(answer, Known)
    assert answer.value["version"] == sys.version.split()[0].rstrip("+")
    assert answer.value["prefix"] == sys.prefix
    assert answer.value["startup_noise"] is None
    own = str(Path(__file__).parents[2] / "checks")
    assert own not in answer.value["sys_path"]  # type: ignore[operator]


@posix
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exit 0", "no Python that works"),
        ("exit 3", "exit code 3"),
        ("echo 'not for you' >&2; exit 1", "not for you"),
        ("kill -SEGV $$", "SIGSEGV"),
        ("exec sleep 1000", "did not answer within 0.5 s"),
        ("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", "answer"),
    ],
)
def test_what_is_no_python_says_why(tmp_path: Path, text: str, words: str) -> None:
    answer = ask(program(tmp_path, text), timeout_s=0.5)

    assert isinstance(answer, Unreadable)
    assert words in answer.error


@posix
def test_control_characters_of_a_program_are_made_visible(tmp_path: Path) -> None:
    answer = ask(program(tmp_path, r"printf '\033[31mred\033[0m' >&2; exit 1"), timeout_s=5)

    assert isinstance(answer, Unreadable)
    assert "\x1b" not in answer.error
    assert "red" in answer.error


def test_noise_at_start_up_is_kept_and_spoils_nothing(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text('print("{hello")', "utf-8")

    answer = ask(sys.executable, environ={**os.environ, "PYTHONPATH": str(tmp_path)})

    assert isinstance(answer, Known)
    assert answer.value["startup_noise"] == "{hello"


def test_a_start_up_that_raises_is_noise_too(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text('raise RuntimeError("broken site")', "utf-8")

    answer = ask(sys.executable, environ={**os.environ, "PYTHONPATH": str(tmp_path)})

    assert isinstance(answer, Known)
    assert "broken site" in str(answer.value["startup_noise"])


def test_nothing_is_written_beside_the_targets_modules(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import beside", "utf-8")
    (tmp_path / "beside.py").write_text("", "utf-8")

    ask(sys.executable, environ={**os.environ, "PYTHONPATH": str(tmp_path)})

    assert not (tmp_path / "__pycache__").exists()


@pytest.mark.parametrize("name", ["_facts", "_worker", "_supervisor", "_run_check", "_runtime"])
def test_what_runs_in_the_target_parses_on_an_old_python(root: Path, name: str) -> None:
    text = (root / "checks" / f"{name}.py").read_text("utf-8")

    assert ast.parse(text, feature_version=(3, 8)).body


@pytest.mark.parametrize("name", ["_facts", "_worker"])
def test_only_sys_is_imported_before_the_version_gate(root: Path, name: str) -> None:
    tree = ast.parse((root / "checks" / f"{name}.py").read_text("utf-8"))
    first = []
    for node in tree.body:
        if isinstance(node, ast.If):
            break  # the gate
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            break  # sys.path is clean from here on
        if isinstance(node, ast.Import):
            first += [alias.name for alias in node.names]
    assert first == ["sys"]
