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

from tests.leftovers import is_there, none_left

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


def gone(pids: list[int]) -> bool:
    return not none_left(lambda: list(filter(is_there, pids)))


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


FAILS = """
import sys
import envsetup.cli as cli
from envsetup.cli.process import run

def fail(**_):
    raise {error}

cli.root.main = fail
sys.exit(run(cli.root))
"""


def failing(error: str, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-c", FAILS.format(error=error), *words, "--format", "json"]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("bug", ["ZeroDivisionError('made up')", "PermissionError(13, 'made up')"])
def test_a_bug_of_ours_is_exit_3_and_json(bug: str) -> None:
    done = failing(bug, "schema", "report")

    assert done.returncode == 3
    assert "made up" in json.loads(done.stdout)["error"]
    assert "this is a bug" in done.stderr


def test_too_little_memory_for_ourselves_is_no_bug_and_says_what_to_do() -> None:
    done = failing("MemoryError", "doctor")

    assert done.returncode == 3
    assert "too little memory" in json.loads(done.stdout)["error"]
    assert "ulimit -v" in done.stderr
    assert "bug" not in done.stderr


@pytest.mark.parametrize(
    "words", [("probe",), ("doctor",), ("install-plan",), ("checks", "run", "autograd")]
)
def test_a_target_that_is_not_there_is_exit_4_and_one_document(words: tuple[str, ...]) -> None:
    argv = [
        sys.executable,
        "-m",
        "envsetup",
        *words,
        "--python",
        "/no/such/python",
        "--format=json",
    ]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)

    assert done.returncode == 4
    assert json.loads(done.stdout)["schema_version"] == "1"


@posix
@pytest.mark.parametrize(
    "words", [("--version",), ("probe", "--format", "json"), ("--format=json",)]
)
def test_an_interrupt_while_the_program_is_being_read_is_no_traceback(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    """A click that is found first interrupts the run in the middle of its import."""
    (tmp_path / "click.py").write_text(
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)\n", "utf-8"
    )
    argv = [sys.executable, "-m", "envsetup", *words]

    done = subprocess.run(
        argv,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )

    assert (done.returncode, done.stderr) == (130, "interrupted\n")
    if len(words) > 1 or "=" in words[0]:
        assert json.loads(done.stdout)["exit_code"] == 130
