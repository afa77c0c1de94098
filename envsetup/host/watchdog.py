"""Ends the programs of envsetup where envsetup itself is killed and can't do it (`kill -9`, no memory).

On POSIX a shell reads from a pipe which groups run. However envsetup ends, the kernel closes the pipe, and
the shell kills what is still on its list. `docs/adr/0014-one-spawn.md` says why not a parent-death signal.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from subprocess import Popen

SCRIPT = """trap '' HUP INT TERM
groups=' '
while read -r sign group; do
    case $sign in
    +) groups="$groups$group " ;;
    -) groups="${groups%% $group *} ${groups#* $group }" ;;
    esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
"""
"""Builtins of a POSIX shell alone: it starts in 1 ms, and an interpreter would take 10 to 20."""

NAME = "envsetup-watchdog"
"""What a list of processes shows of the shell, with the number of the process that it watches."""

Start = Callable[[list[str], int], "Popen[bytes]"]
"""Starts a program, given its words and the file descriptor of its input."""


class Watchdog:
    """The shell that watches, started with the first program. Where none can be started nothing watches."""

    def __init__(self) -> None:
        self._shell: Popen[bytes] | None = None
        self._pipe = -1

    def start(self, start: Start) -> None:
        if self._pipe >= 0:
            return
        with contextlib.suppress(OSError):
            reading, self._pipe = os.pipe()
            try:
                self._shell = start(["/bin/sh", "-c", SCRIPT, NAME, str(os.getpid())], reading)
            finally:
                os.close(reading)

    def add(self, process: Popen[bytes]) -> None:
        self._tell(f"+ {process.pid}\n")

    def remove(self, pid: int) -> None:
        self._tell(f"- {pid}\n")

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError):
            os.write(self._pipe, line.encode())

    def close(self, patience_s: float) -> None:
        """Lets the shell kill what is still on its list, and end."""
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
        if self._shell is not None:
            with contextlib.suppress(Exception):
                self._shell.wait(patience_s)
