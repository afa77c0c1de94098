"""Writes that a power cut can't tear: all of it is on the disk, or nothing."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file so that it is there whole or not at all, and on the disk when this returns.

    Follows no symbolic link and writes into no file that others may have a hard link to. Raises OSError.
    """
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(part, flags, 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Has the names in a folder written to the disk. Windows and some network drives can't; that is let be."""
    with contextlib.suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def sync_file_system(folder: Path) -> None:
    """Has everything that was written to the folder's file system written to the disk.

    One call for thousands of files. It costs what is not yet written: 0.1 s after small packages, the
    disk's time for some gigabytes after a CUDA build. On Windows nothing is done: no call does this there.
    """
    if sys.platform == "win32":
        return
    if sys.platform.startswith("linux") and _syncfs(folder):
        return
    os.sync()


def _syncfs(folder: Path) -> bool:
    """Linux's syncfs(2), which Python has no name for; whether it was done."""
    import ctypes

    try:
        opened = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        return bool(ctypes.CDLL(None).syncfs(opened) == 0)
    except (AttributeError, OSError):
        return False
    finally:
        os.close(opened)
