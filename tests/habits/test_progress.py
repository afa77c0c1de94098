"""What a run says while it runs stays legible beside the spinner, and can't steer the terminal."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator

import pytest

from envsetup.cli.progress import Narrator

pty = pytest.importorskip("pty", reason="POSIX alone has pseudo-terminals")


def on_terminal(monkeypatch: pytest.MonkeyPatch, *lines: str) -> str:
    """What a terminal of 200 columns is sent while the lines are told beside a spinner."""
    ours, theirs = pty.openpty()
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "xterm")
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        with Narrator(verbose=1) as narrator:
            for line in lines:
                narrator.step("importing")
                narrator.line(line)
        stream.flush()
        sent = b"".join(waiting(ours))
    os.close(ours)
    return sent.decode("utf-8", "replace")


def waiting(terminal: int) -> Iterator[bytes]:
    os.set_blocking(terminal, False)
    with contextlib.suppress(BlockingIOError):
        while block := os.read(terminal, 4096):
            yield block


def test_a_line_stands_alone_above_the_spinner(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = on_terminal(monkeypatch, "linalg on cpu: passed", "[bold]rng[/] :smile: passed")

    rows = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", sent).replace("\r", "\n").split("\n")
    assert "linalg on cpu: passed" in rows
    assert "[bold]rng[/] :smile: passed" in rows


def test_nothing_told_steers_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b]0;title" not in on_terminal(monkeypatch, "name \x1b]0;title\x07 of a GPU")


def test_without_a_terminal_lines_are_plain(capsys: pytest.CaptureFixture[str]) -> None:
    with Narrator(verbose=1) as narrator:
        narrator.step("importing")
        narrator.progress("result", "rng@cpu: passed \x1b[31m")

    assert capsys.readouterr().err == "importing\nrng@cpu: passed \N{REPLACEMENT CHARACTER}[31m\n"
