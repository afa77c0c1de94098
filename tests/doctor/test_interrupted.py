"""An interrupt ends the run with its exit code, a message and, where asked for, JSON; nothing outlives it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import envsetup.cli as cli
from envsetup.cli import output, process

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups of POSIX")


@pytest.fixture
def hung(tmp_path: Path) -> Path:
    """A program in the interpreter's place that starts another, and neither ever ends."""
    program = tmp_path / "python3"
    program.write_text(
        '#!/bin/sh\nsleep 600 &\necho "$$ $!" > "$0.part"\nmv "$0.part" "$0.pids"\nwait\n', "utf-8"
    )
    program.chmod(0o755)
    return program


def start(*words: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "envsetup", *words]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def pids_of(hung: Path, run: subprocess.Popen[str]) -> list[int]:
    told = Path(f"{hung}.pids")
    for _ in range(600):
        if told.exists():
            return [int(word) for word in told.read_text("utf-8").split()]
        assert run.poll() is None, run.communicate()
        time.sleep(0.05)
    raise AssertionError("the program was never started")


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text("utf-8").rpartition(")")[2].split()[0] != "Z"


def gone(pids: list[int]) -> bool:
    for _ in range(100):
        if not any(map(is_there, pids)):
            return True
        time.sleep(0.05)
    return False


@posix
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize(
    "words",
    [
        ("doctor", "--level", "quick"),
        ("doctor",),
        ("probe",),
        ("explain", "--error", "Torch not compiled with CUDA enabled"),
    ],
    ids=" ".join,
)
def test_an_interrupt_leaves_no_program_behind(
    hung: Path, words: tuple[str, ...], number: str
) -> None:
    run = start(*words, "--python", str(hung), "--format", "json")
    pids = pids_of(hung, run)
    run.send_signal(getattr(signal, number))
    said, told = run.communicate(timeout=30)

    assert run.returncode == 130
    assert "interrupted" in told
    assert "Traceback" not in told
    assert gone(pids)
    document = json.loads(said)
    assert document["schema_version"] == "1"
    if words[0] == "doctor":
        assert (document["verdict"], document["proven"]) == ("unknown", False)
    else:
        assert (document["error"], document["exit_code"]) == ("interrupted", 130)


@posix
def test_in_text_standard_output_stays_empty(hung: Path) -> None:
    run = start("probe", "--python", str(hung))
    pids = pids_of(hung, run)
    run.send_signal(signal.SIGINT)
    said, told = run.communicate(timeout=30)

    assert (run.returncode, said) == (130, "")
    assert "interrupted" in told
    assert gone(pids)


@pytest.fixture
def _as_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "_ANSWERS", [])
    monkeypatch.setattr(process, "_end_programs", lambda: None)
    monkeypatch.setattr(process, "_interrupt_on", lambda *_: None)


@pytest.mark.usefixtures("_as_a_process")
@pytest.mark.parametrize("bug", [ZeroDivisionError("made up"), PermissionError(13, "made up")])
def test_a_bug_of_ours_is_exit_3_and_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], bug: Exception
) -> None:
    def fail(*_: object) -> None:
        raise bug

    monkeypatch.setattr(sys, "argv", ["envsetup", "schema", "report", "--format", "json"])
    monkeypatch.setattr(cli.root, "main", lambda **_: fail())

    assert process.run(cli.root) == 3
    said = capsys.readouterr()
    assert "made up" in json.loads(said.out)["error"]
    assert "this is a bug" in said.err


@pytest.mark.usefixtures("_as_a_process")
def test_too_little_memory_for_ourselves_is_no_bug_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(sys, "argv", ["envsetup", "doctor", "--format", "json"])
    monkeypatch.setattr(cli.root, "main", lambda **_: fail())

    assert process.run(cli.root) == 3
    said = capsys.readouterr()
    assert "too little memory" in json.loads(said.out)["error"]
    assert "ulimit -v" in said.err
    assert "bug" not in said.err


@pytest.mark.usefixtures("_as_a_process")
def test_a_target_that_is_not_there_is_exit_4_and_one_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["probe"], ["doctor"], ["install-plan"], ["checks", "run", "autograd"]):
        output._ANSWERS.clear()
        argv = ["envsetup", *words, "--python", "/no/such/python", "--format=json"]
        monkeypatch.setattr(sys, "argv", argv)

        assert process.run(cli.root) == 4, words
        said = capsys.readouterr().out
        assert json.loads(said)["schema_version"] == "1", words
