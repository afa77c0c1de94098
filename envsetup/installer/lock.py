"""One envsetup at a time changes an environment. An open file proves who is at work, not a process number.

The lock is the kernel's (`flock`, on Windows a locked range): it ends with the process that holds it,
whatever ends that. An installer that we start inherits it on POSIX, so that it holds as long as either works.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from envsetup.installer.running import Tell

LOCK = ".envsetup.lock"
WAIT_S = 30.0
"""How long one run waits for another."""
POLL_S = 0.1
NO_RIGHT = {errno.EACCES, errno.EPERM, errno.EROFS}


class Busy(Exception):
    """Another run works in the environment and didn't end in time."""


class Lock:
    """The lock on an environment. `doubt` says why it holds nobody off, None where it does."""

    def __init__(self, descriptor: int | None, doubt: str | None = None) -> None:
        self.descriptor = descriptor
        self.doubt = doubt

    @property
    def inherited(self) -> tuple[int, ...]:
        """What an installer is to be started with, to hold the lock too."""
        return () if self.descriptor is None or sys.platform == "win32" else (self.descriptor,)


@contextlib.contextmanager
def locked(folder: Path, tell: Tell, wait_s: float | None = None) -> Iterator[Lock]:
    """Holds the lock on the environment in `folder`. Raises Busy, and OSError for a lock that is no plain file.

    A folder that this user may not write, and a file system without locks, give a lock with a doubt.
    """
    path = folder / LOCK
    lock = _acquire(path, tell, WAIT_S if wait_s is None else wait_s)
    if lock.doubt:
        tell.step(f"warning: {lock.doubt}")
    try:
        yield lock
    finally:
        _release(path, lock)


def _acquire(path: Path, tell: Tell, wait_s: float) -> Lock:
    until, told = time.monotonic() + wait_s, False
    while True:
        try:
            descriptor = _open(path)
        except OSError as error:
            if error.errno in NO_RIGHT:
                return Lock(None)  # who may not write here changes nothing here
            raise
        try:
            taken = _try(descriptor) and _is_at(descriptor, path)
        except OSError as error:
            os.close(descriptor)
            return Lock(None, _unlocked(path, error))
        if taken:
            return Lock(descriptor)
        os.close(descriptor)
        if time.monotonic() >= until:
            raise Busy(
                f"another run of envsetup, or the installer that it started, works in {path.parent}. "
                "Run the same command again when it has ended."
            )
        if not told:
            tell.step(f"another run of envsetup works in {path.parent}: waiting for its end")
            told = True
        time.sleep(POLL_S)


def _unlocked(path: Path, error: OSError) -> str:
    """Lustre without `-o flock` says ENOSYS, NFS whose lock service is down ENOLCK."""
    return (
        f"the file system of {path.parent} has no locks ({error.strerror or error}): let no other envsetup "
        "work in this environment meanwhile"
    )


def _open(path: Path) -> int:
    """Nothing is ever written into it, so that a file that was planted there is safe."""
    flags = os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, os.O_RDWR | flags, 0o666)
    except PermissionError:  # left by another user: flock works on it all the same
        descriptor = os.open(path, os.O_RDONLY | flags & ~os.O_CREAT)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no plain file", str(path))
    return descriptor


if sys.platform == "win32":

    def _try(descriptor: int) -> bool:
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EDEADLK):
                return False
            raise
        return True

else:

    def _try(descriptor: int) -> bool:
        """Whether the lock is ours now. Raises OSError where the file system has none."""
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the file that was locked is still the one with that name: its holder removes it at the end."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path, follow_symlinks=False))
    except FileNotFoundError:
        return False


def _release(path: Path, lock: Lock) -> None:
    if lock.descriptor is None:
        return
    with contextlib.suppress(OSError):
        if sys.platform != "win32" and _is_at(lock.descriptor, path):
            path.unlink()
    os.close(lock.descriptor)
    if sys.platform == "win32":
        with contextlib.suppress(OSError):  # another has it open by now
            path.unlink()
