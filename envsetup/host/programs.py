"""Runs programs under a limit that always holds."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from typing import TypedDict

from envsetup.host.temporary import roomy_folder
from envsetup.model import Record

OUTPUT_LIMIT_BYTES = 4 * 1024 * 1024
"""What a program may print before it is ended: an `nvidia-smi` that prints endlessly must not fill the disk."""


_RUNNING: set[subprocess.Popen[bytes]] = set()
"""Programs that were started and not yet ended: an interrupt reaches the main thread alone."""
_ENDING = threading.Event()


class Completed(Record):
    """How a program ended. `returncode` is None where it never did."""

    argv: tuple[str, ...]
    returncode: int | None
    stdout: str = ""
    stderr: str = ""
    timed_out: bool = False
    abandoned: bool = False
    """Killed and still there (a wedged driver holds it in D state): left behind, nothing waits on it."""
    overflowed: bool = False
    """Ended because it printed more than the limit; `timed_out` is true then too."""
    error: str = ""
    """Why it could not be started."""
    duration_s: float = 0.0

    @property
    def ok(self) -> bool:
        return self.returncode == 0 and not self.timed_out


def run_program(
    argv: Sequence[str],
    timeout_s: float,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    output_limit_bytes: int = OUTPUT_LIMIT_BYTES,
) -> Completed:
    """Runs a program in a session of its own, its output in files, and never waits beyond the limit.

    On the limit the whole group is killed and polled for a second; what can't be killed is abandoned.
    """
    args = tuple(argv)
    started = time.monotonic()
    if _ENDING.is_set():
        return Completed(argv=args, returncode=None, error="the run is ending")
    # Files, not pipes: a grandchild that keeps a pipe open would hold us long after the kill.
    folder = roomy_folder()
    with tempfile.TemporaryFile(dir=folder) as out, tempfile.TemporaryFile(dir=folder) as err:
        try:
            process = subprocess.Popen(
                args,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=dict(env) if env is not None else None,
                cwd=cwd,
                **_own_session(),
            )
        except (OSError, ValueError) as error:
            return Completed(argv=args, returncode=None, error=str(error))
        remember(process)
        try:
            timed_out = not _wait(process, started + timeout_s, (out, err), output_limit_bytes)
            abandoned = timed_out and not end_group(process)
        except BaseException:
            end_group(process)
            raise
        finally:
            _RUNNING.discard(process)
        if abandoned:
            process.returncode = -9  # keeps subprocess from waiting on it at exit
        return Completed(
            argv=args,
            returncode=None if timed_out else process.returncode,
            stdout=_head(out, output_limit_bytes),
            stderr=_head(err, output_limit_bytes),
            timed_out=timed_out,
            abandoned=abandoned,
            overflowed=timed_out and _printed(output_limit_bytes, out, err),
            duration_s=time.monotonic() - started,
        )


class _OwnSession(TypedDict, total=False):
    creationflags: int
    start_new_session: bool


def _own_session() -> _OwnSession:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _wait(
    process: subprocess.Popen[bytes], deadline: float, outputs: Sequence[object], limit_bytes: int
) -> bool:
    """True once the process ended; False at the deadline or when it printed more than the limit."""
    pause = 0.002
    while process.poll() is None:
        if time.monotonic() >= deadline:
            return False
        if _printed(limit_bytes, *outputs):
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
    return True


def _printed(limit_bytes: int, *outputs: object) -> bool:
    return any(os.fstat(f.fileno()).st_size > limit_bytes for f in outputs)  # type: ignore[attr-defined]


def remember(process: subprocess.Popen[bytes]) -> None:
    """Has a process that was started ended by `end_all`, at the latest."""
    _RUNNING.add(process)
    if _ENDING.is_set():
        end_group(process)


def end_all(patience_s: float = 1.0) -> None:
    """Ends every program that still runs, and lets none begin: the last act before the process ends."""
    _ENDING.set()
    deadline = time.monotonic() + patience_s
    for process in tuple(_RUNNING):
        if process.poll() is None:
            end_group(process, max(0.0, deadline - time.monotonic()))
        _RUNNING.discard(process)


def end_group(process: subprocess.Popen[bytes], patience_s: float = 1.0) -> bool:
    """Kills a process with all its group; False where it is still there after `patience_s`."""
    with contextlib.suppress(OSError):
        if sys.platform != "win32":
            os.killpg(process.pid, signal.SIGKILL)
        elif process.poll() is None:
            end_tree(process.pid)
    deadline = time.monotonic() + patience_s
    while process.poll() is None:
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.01)
    return True


def end_tree(pid: int) -> None:
    """Kills a process and all that descend from it, where there are no groups: on Windows."""
    import psutil

    with contextlib.suppress(psutil.Error):
        first = psutil.Process(pid)
        for one in (first, *first.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                one.kill()


def _head(file: object, limit_bytes: int) -> str:
    file.seek(0)  # type: ignore[attr-defined]
    return str(file.read(limit_bytes).decode("utf-8", "replace"))  # type: ignore[attr-defined]
