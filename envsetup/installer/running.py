"""Runs installers and passes on what they print, their progress with it."""

from __future__ import annotations

import re
import signal
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

from envsetup.host import spawn
from envsetup.target import printable


class Tell(Protocol):
    """Who hears of the progress: what begins, and what an installer prints meanwhile."""

    def step(self, text: str) -> None:
        """Something begins that takes a while."""

    def detail(self, text: str) -> None:
        """A line that a program printed."""


def run_told(
    argv: Sequence[str],
    env: Mapping[str, str],
    tell: Callable[[str], None],
    limit_s: float,
    inherited: Sequence[int] = (),
) -> tuple[int, str]:
    """Runs a program and passes on each line that it prints; its exit code and all that it said.

    `inherited` are descriptors that it gets: a lock that is to hold as long as it works.
    """
    # Two openings of one file: what the program writes and what is read move on apart, on every system.
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        open(Path(folder) / "log", "wb") as log,
        open(Path(folder) / "log", "rb") as printed,
    ):
        try:
            installer = spawn(argv, log, env=env, inherited=inherited)
        except OSError as error:
            return 127, f"error: {argv[0]}: {error.strerror or error}"
        with installer:
            seen, until = 0, time.monotonic() + limit_s
            while installer.poll() is None and time.monotonic() < until:
                seen = _pass_on(printed, seen, tell)
                time.sleep(0.05)
        _pass_on(printed, seen, tell)
        printed.seek(0)
        said = printable(printed.read().decode("utf-8", "replace"))
        return -signal.SIGTERM if installer.returncode is None else installer.returncode, said


def _pass_on(printed: IO[bytes], seen: int, tell: Callable[[str], None]) -> int:
    printed.seek(seen)
    fresh = printed.read(1 << 16)
    whole = fresh.rfind(b"\n") + 1
    for line in fresh[:whole].decode("utf-8", "replace").splitlines():
        if line.strip():
            tell(printable(line.rstrip())[:200])
    return seen + whole


class Meter:
    """Turns pip's raw progress (`Progress 4096 of 12345`) into a line for each tenth of a file."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._file = ""
        self._tenths = -1

    def line(self, text: str) -> None:
        raw = re.match(r"Progress (\d+) of (\d+)", text.strip())
        if raw is None:
            if text.strip().startswith("Downloading "):
                self._file, self._tenths = text.strip(), -1
            self._tell.detail(text)
            return
        total = int(raw[2])
        tenths = 10 * int(raw[1]) // total if total else 0
        if tenths > self._tenths:
            self._tenths = tenths
            self._tell.detail(f"{self._file or 'downloading'}: {10 * tenths} % of {size(total)}")


def size(count: float) -> str:
    """A number of bytes as people read it."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
