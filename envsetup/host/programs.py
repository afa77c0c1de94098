"""Starts programs: the one place of the house that does. Whatever happens, nothing outlives its `with`."""

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
from typing import IO, TYPE_CHECKING, TypedDict, final

from envsetup.host.temporary import roomy_folder
from envsetup.host.watchdog import Watchdog
from envsetup.interrupts import held
from envsetup.model import Record

if TYPE_CHECKING:
    from envsetup.host.job_object import Job

OUTPUT_LIMIT_BYTES = 4 * 1024 * 1024
"""What a program may print before it is ended: an `nvidia-smi` that prints endlessly must not fill the disk."""

START_LIMIT_S = 10.0
"""How long the end waits for a start that is under way in a thread: milliseconds, unless a disk hangs."""

_RUNNING: set[Program] = set()
"""Programs that were started and not yet ended: an interrupt reaches the main thread alone."""
_STARTING = threading.Lock()
"""Held from before a program is started until it is in `_RUNNING`."""
_ENDING = threading.Event()


def _watchdog() -> Watchdog | Job:
    if sys.platform == "win32":
        from envsetup.host.job_object import Job

        return Job()
    return Watchdog()


_WATCHDOG = _watchdog()


@final
class Program:
    """A program that was started, with its group; leaving `with` ends what is left of both.

    `poll` and `end` may be called from any thread.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.pid = process.pid
        self.abandoned = False
        """Killed and still there (a wedged driver holds it in D state): left behind, nothing waits on it."""
        self._process = process
        self._lock = threading.Lock()

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def returncode(self) -> int | None:
        """The exit code, minus the signal's number where one ended it; None where it never ended."""
        return None if self.abandoned else self._process.returncode

    def poll(self) -> int | None:
        """The exit code once the program ended; what it left running in its group is killed then."""
        with self._lock:
            if self._process.returncode is None and _has_ended(self._process):
                _kill_group(self._process)
                if self._process.poll() is not None:
                    _forget(self)
            return self._process.returncode

    def end(self, patience_s: float = 1.0) -> bool:
        """Kills the program with all its group; False where it is still there after `patience_s`."""
        if self.poll() is None:
            with self._lock:
                _kill_group(self._process)
        deadline = time.monotonic() + patience_s
        while self.poll() is None:
            if time.monotonic() >= deadline:
                self.abandoned = True
                self._process.returncode = -9  # keeps subprocess from waiting on it at exit
                _forget(self)
                return False
            time.sleep(0.005)
        return not self.abandoned


def spawn(
    argv: Sequence[str],
    stdout: IO[bytes],
    stderr: IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    inherited: Sequence[int] = (),
) -> Program:
    """Starts a program in a session of its own, standard input closed; use it as a context manager.

    Without `stderr` both streams go to `stdout`. `inherited` are descriptors that it gets too, on POSIX
    alone. An interrupt that arrives meanwhile is raised once the program is known to `end_all`, or here,
    and the program is ended then. Where envsetup is killed, a watchdog ends the program. Raises OSError
    or ValueError where it can't be started.
    """
    program = None
    try:
        with held(), _STARTING:
            if _ENDING.is_set():
                raise OSError("the run is ending")
            _WATCHDOG.start(_start_watchdog)
            process = _start(
                argv,
                subprocess.DEVNULL,
                stdout,
                stderr or subprocess.STDOUT,
                env,
                cwd,
                inherited,
            )
            program = Program(process)
            _RUNNING.add(program)
            _WATCHDOG.add(process)
    except BaseException:
        if program is not None:
            program.end()
        raise
    return program


class _OwnSession(TypedDict, total=False):
    creationflags: int
    start_new_session: bool
    pass_fds: Sequence[int]


def _start(
    argv: Sequence[str],
    stdin: int,
    stdout: IO[bytes] | int,
    stderr: IO[bytes] | int,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    inherited: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    own: _OwnSession = {"start_new_session": True, "pass_fds": inherited}
    if sys.platform == "win32":
        own = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    surroundings = dict(env) if env is not None else None
    return subprocess.Popen(
        list(argv), stdin=stdin, stdout=stdout, stderr=stderr, env=surroundings, cwd=cwd, **own
    )


def _start_watchdog(argv: list[str], stdin: int) -> subprocess.Popen[bytes]:
    return _start(argv, stdin, subprocess.DEVNULL, subprocess.DEVNULL, {}, "/")


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Where the system can say so, the process keeps its number until its group is killed."""
    if sys.platform != "win32" and hasattr(os, "waitid"):
        with contextlib.suppress(ChildProcessError):
            options = os.WEXITED | os.WNOHANG | os.WNOWAIT
            return os.waitid(os.P_PID, process.pid, options) is not None
    return process.poll() is not None


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if sys.platform != "win32":
            os.killpg(process.pid, signal.SIGKILL)
        elif process.poll() is None:
            end_tree(process.pid)


def _forget(program: Program) -> None:
    if program in _RUNNING:
        _RUNNING.discard(program)
        _WATCHDOG.remove(program.pid)


def end_all(patience_s: float = 1.0) -> None:
    """Ends every program that still runs, and lets none begin: the last act before the process ends."""
    with held():
        _ENDING.set()
        if _STARTING.acquire(timeout=START_LIMIT_S):  # what a thread is starting is known then
            _STARTING.release()
        deadline = time.monotonic() + patience_s
        for program in tuple(_RUNNING):
            program.end(max(0.0, deadline - time.monotonic()))
        _WATCHDOG.close(patience_s)


def end_tree(pid: int) -> None:
    """Kills a process and all that descend from it, where there are no groups: on Windows."""
    import psutil

    with contextlib.suppress(psutil.Error):
        first = psutil.Process(pid)
        for one in (first, *first.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                one.kill()


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
    # Files, not pipes: a grandchild that keeps a pipe open would hold us long after the kill.
    folder = roomy_folder()
    with tempfile.TemporaryFile(dir=folder) as out, tempfile.TemporaryFile(dir=folder) as err:
        try:
            program = spawn(args, out, err, env, cwd)
        except (OSError, ValueError) as error:
            return Completed(argv=args, returncode=None, error=str(error))
        with program:
            timed_out = not _wait(program, started + timeout_s, (out, err), output_limit_bytes)
        return Completed(
            argv=args,
            returncode=None if timed_out else program.returncode,
            stdout=_head(out, output_limit_bytes),
            stderr=_head(err, output_limit_bytes),
            timed_out=timed_out,
            abandoned=program.abandoned,
            overflowed=timed_out and _printed(output_limit_bytes, out, err),
            duration_s=time.monotonic() - started,
        )


def _wait(
    program: Program, deadline: float, outputs: Sequence[IO[bytes]], limit_bytes: int
) -> bool:
    """True once the process ended; False at the deadline or when it printed more than the limit."""
    pause = 0.002
    while program.poll() is None:
        if time.monotonic() >= deadline:
            return False
        if _printed(limit_bytes, *outputs):
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
    return True


def _printed(limit_bytes: int, *outputs: IO[bytes]) -> bool:
    return any(os.fstat(f.fileno()).st_size > limit_bytes for f in outputs)


def _head(file: IO[bytes], limit_bytes: int) -> str:
    file.seek(0)
    return file.read(limit_bytes).decode("utf-8", "replace")
