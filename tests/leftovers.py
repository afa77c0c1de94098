"""Finds the processes that a run of envsetup left behind, by a variable that all its programs inherit."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

MARK = "ENVSETUP_TEST_RUN"
GONE_WITHIN_S = 15.0


def is_there(pid: int) -> bool:
    """Whether the process runs; a zombie has ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return not Path("/proc/self").exists()


def marked(mark: str) -> list[int]:
    """The running processes with this mark among their variables; needs /proc."""
    words = f"{MARK}={mark}".encode()
    return [pid for pid in _pids() if words in _read(pid, "environ").split(b"\0") and is_there(pid)]


def watchdogs(of: int) -> list[int]:
    """The running watchdogs of a process; they inherit no variables. Needs /proc."""
    words = b"envsetup-watchdog\0%d\0" % of
    return [pid for pid in _pids() if words in _read(pid, "cmdline") and is_there(pid)]


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def none_left(left: Callable[[], list[int]]) -> list[int]:
    """What is still left after a while; empty where all ended."""
    until = time.monotonic() + GONE_WITHIN_S
    while (pids := left()) and time.monotonic() < until:
        time.sleep(0.02)
    return pids
