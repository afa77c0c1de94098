"""What envsetup says of the user's own words and files: no character of theirs steers the terminal."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from envsetup.cli import output, process
from envsetup.cli import root as cli
from envsetup.report import render
from tests.report.conftest import made_up
from tests.report.test_hostile_text import STEERING, steers

CLI = Path(__file__).resolve().parents[2] / "envsetup" / "cli"
NAME = STEERING.replace("\r", "")
ASKED = {
    "report show": ("report", "show", NAME),
    "report diff": ("report", "diff", NAME, NAME),
    "--from": ("doctor", "--from", NAME),
    "--baseline": ("doctor", "--baseline", NAME),
    "--machine": ("install-plan", "--machine", NAME),
    "-o without ending": ("doctor", "-o", f"{NAME}.{NAME}", "--level", "quick"),
    "-o in no folder": ("schema", "plan", "-o", f"/no/such/{NAME}"),
    "--mirror": ("install-plan", "--os", "linux", "--mirror", f"https://x/{NAME}"),
    "--mirror of setup": ("setup", "--mirror", f"https://x/{NAME}"),
    "--mirror of refresh": ("knowledge", "refresh", "--mirror", f"https://x/{NAME}"),
    "--error-file": ("explain", "--error-file", NAME),
    "explain --from": ("explain", "--error", "CUDA", "--from", NAME),
    "a code": ("explain", NAME),
    "--project": ("install-plan", "--os", "linux", "--project", NAME),
    "--replay": ("probe", "--replay", NAME),
    "a requirement": ("install-plan", "--os", "linux", NAME),
    "--require": ("doctor", "--require", NAME),
    "--select": ("doctor", "--select", NAME),
    "--device": ("doctor", "--device", NAME),
    "--gpu": ("install-plan", "--os", "linux", "--gpu", NAME),
    "a check": ("checks", "run", NAME),
    "a release": ("knowledge", "show", NAME),
    "an option": (f"--{NAME}",),
    "a command": (NAME,),
}


Run = Callable[[tuple[str, ...]], tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """As the process does it, whose last door is `envsetup.cli.process`."""

    def code_and_said(words: tuple[str, ...]) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["envsetup", *words])
        code, _why = process._outcome(cli)
        return code, "".join(capsys.readouterr())

    return code_and_said


@pytest.mark.parametrize("words", ASKED.values(), ids=ASKED)
def test_a_usage_error_shows_no_character_that_steers(run: Run, words: tuple[str, ...]) -> None:
    code, said = run(words)

    assert code == 2, said
    assert said
    assert not steers(said)


@pytest.mark.parametrize(
    "words", [("setup", "--python"), ("doctor", "--python"), ("probe", "--python")], ids=" ".join
)
def test_a_target_that_is_not_there_is_told_without_steering(
    run: Run, words: tuple[str, ...]
) -> None:
    code, said = run((*words, f"/no/{NAME}"))

    assert code == 4
    assert not steers(said)


def test_standard_error_has_one_door() -> None:
    """click.echo(..., err=True) outside of it could carry anything."""
    wrong = [
        f"{path.name}:{node.lineno}"
        for path in CLI.glob("*.py")
        if path.name != "output.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "err"
    ]

    assert not wrong


@pytest.mark.skipif(os.name == "nt", reason="other limits on names")
def test_a_file_whose_name_is_as_long_as_may_be_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("r" * 250 + ".json")
    report = tmp_path / "report.json"
    report.write_text(render(made_up(), "json"))

    answer = CliRunner().invoke(
        cli, ["report", "convert", str(report), "--format", "json", "-o", str(path)]
    )

    assert answer.exit_code == 0, answer.output
    assert path.read_text().startswith("{")
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_an_error_as_json_names_no_home_and_no_user(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"HOME": "/srv/people/quenby", "USER": "quenby"}.items():
        monkeypatch.setenv(name, value)
    for command in (("probe",), ("install-plan",), ("checks", "run", "import"), ("doctor",)):
        words = (*command, "--python", "/srv/people/quenby/env/bin/python", "--format", "json")
        monkeypatch.setattr(output, "_ANSWERS", [])
        monkeypatch.setattr(sys, "argv", ["envsetup", *words])
        code, why = process._outcome(cli)
        told = capture(process._answer_in_json, code, why)

        assert code == 4
        assert "quenby" not in told


def capture(work: Callable[..., None], *arguments: object) -> str:
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        work(*arguments)
    return written.getvalue()
