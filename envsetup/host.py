"""The machine under examination, behind one small protocol.

`LocalHost` reads the real one (below a root folder, so that made-up `/proc` and `/sys` trees can be
read by the same code), `RecordingHost` writes down every answer, `RecordedHost` replays them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from envsetup.model import Absent, Fact, Known, OsName, Record, Source, Unreadable

OUTPUT_LIMIT_BYTES = 4 * 1024 * 1024
"""What a program may print before it is ended: an `nvidia-smi` that prints endlessly must not fill the disk."""


class Completed(Record):
    """How a program ended. `returncode` is None where it never did."""

    argv: tuple[str, ...]
    returncode: int | None
    stdout: str = ""
    stderr: str = ""
    timed_out: bool = False
    abandoned: bool = False
    """Killed and still there (a wedged driver holds it in D state): left behind, nothing waits on it."""
    error: str = ""
    """Why it could not be started."""
    duration_s: float = 0.0

    @property
    def ok(self) -> bool:
        return self.returncode == 0 and not self.timed_out


class Host(Protocol):
    """What probes may ask of a machine. Nothing here raises for what a machine does."""

    os_name: OsName

    def read(self, path: str, limit_bytes: int = 1 << 20) -> Fact[str]:
        """The text of a file (undecodable bytes replaced), cut after `limit_bytes`."""

    def list(self, path: str) -> Fact[tuple[str, ...]]:
        """Sorted names in a folder."""

    def real(self, path: str) -> Fact[str]:
        """The path behind symbolic links."""

    def call(self, name: str) -> Fact[str]:
        """The answer of a system call, as text or JSON; the names are those of `envsetup.host.CALLS`."""

    def env(self) -> Mapping[str, str]:
        """The environment variables."""

    def which(self, program: str) -> str | None:
        """Where a program lies on PATH."""

    def run(
        self,
        argv: Sequence[str],
        timeout_s: float,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> Completed:
        """Runs a program with standard input closed and a limit that always holds."""


def local_os() -> OsName:
    if sys.platform == "win32":
        return "windows"
    return "macos" if sys.platform == "darwin" else "linux"


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
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
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
        try:
            timed_out = not _wait(process, started + timeout_s, (out, err), output_limit_bytes)
            abandoned = timed_out and not end_group(process)
        except BaseException:
            end_group(process)
            raise
        if abandoned:
            process.returncode = -9  # keeps subprocess from waiting on it at exit
        return Completed(
            argv=args,
            returncode=None if timed_out else process.returncode,
            stdout=_head(out, output_limit_bytes),
            stderr=_head(err, output_limit_bytes),
            timed_out=timed_out,
            abandoned=abandoned,
            duration_s=time.monotonic() - started,
        )


def _own_session() -> dict[str, object]:
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
        if any(os.fstat(f.fileno()).st_size > limit_bytes for f in outputs):  # type: ignore[attr-defined]
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
    return True


def end_group(process: subprocess.Popen[bytes], patience_s: float = 1.0) -> bool:
    """Kills a process with all its group; False where it is still there after `patience_s`."""
    try:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except (OSError, ProcessLookupError):
        pass
    deadline = time.monotonic() + patience_s
    while process.poll() is None:
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.01)
    return True


def _head(file: object, limit_bytes: int) -> str:
    file.seek(0)  # type: ignore[attr-defined]
    return str(file.read(limit_bytes).decode("utf-8", "replace"))  # type: ignore[attr-defined]


class LocalHost:
    """The machine that envsetup runs on; with another `root`, the tree of files below it."""

    def __init__(self, root: str = "/", environ: Mapping[str, str] | None = None) -> None:
        self.root = Path(root)
        self.os_name: OsName = local_os()
        self._environ = dict(os.environ if environ is None else environ)

    def _path(self, path: str) -> Path:
        return Path(path) if self.root == Path("/") else self.root / path.lstrip("/")

    def read(self, path: str, limit_bytes: int = 1 << 20) -> Fact[str]:
        source = Source(kind="file", ref=path)
        try:
            with open(self._path(path), "rb") as file:
                return Known(value=file.read(limit_bytes).decode("utf-8", "replace"), source=source)
        except (FileNotFoundError, NotADirectoryError):
            return Absent(tried=(source,))
        except OSError as error:
            return Unreadable(error=error.strerror or str(error), source=source)

    def list(self, path: str) -> Fact[tuple[str, ...]]:
        source = Source(kind="file", ref=path)
        try:
            return Known(value=tuple(sorted(os.listdir(self._path(path)))), source=source)
        except (FileNotFoundError, NotADirectoryError):
            return Absent(tried=(source,))
        except OSError as error:
            return Unreadable(error=error.strerror or str(error), source=source)

    def env(self) -> Mapping[str, str]:
        return self._environ

    def which(self, program: str) -> str | None:
        return shutil.which(program, path=self._environ.get("PATH"))

    def run(
        self,
        argv: Sequence[str],
        timeout_s: float,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> Completed:
        return run_program(argv, timeout_s, self._environ if env is None else env, cwd)
