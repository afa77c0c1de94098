"""What becomes of an answer that standard output doesn't take."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a POSIX shell closes the streams")


def shell(line: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", "-c", line.replace("envsetup", '"$0" -m envsetup'), sys.executable, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("words", ["knowledge show", "--version", "--help", "schema plan"])
def test_an_answer_to_a_closed_stream_is_no_success(words: str) -> None:
    done = shell(f"envsetup {words} >&-")

    assert done.returncode == 3
    assert "Error: the answer can't be written" in done.stderr
    assert "Standard output is closed" in done.stderr
    assert "Traceback" not in done.stderr


def test_both_streams_may_be_closed() -> None:
    assert shell("envsetup knowledge show >&- 2>&-").returncode == 3


def test_a_closed_stream_is_no_matter_where_the_answer_is_a_file(tmp_path: Path) -> None:
    answer = tmp_path / "plan.json"

    done = shell('envsetup schema plan -o "$1" >&-', str(answer))

    assert (done.returncode, done.stderr) == (0, "")
    assert '"$schema"' in answer.read_text("utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_told() -> None:
    done = shell("envsetup schema report >/dev/full")

    assert done.returncode == 3
    assert done.stderr.startswith("Error: the answer can't be written: No space left on device.")


def test_a_reader_that_goes_away_is_nothing_wrong() -> None:
    done = shell("{ envsetup schema report; echo $? >&2; } | head -n 1")

    assert (done.stdout, done.stderr) == ("{\n", "0\n")
