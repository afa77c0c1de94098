"""Files that others made: whatever lies there, reading it ends, within bounds and with a word for what is wrong."""

from __future__ import annotations

import errno
import os
import select
import stat
import sys
import time
from collections.abc import Iterator

BLOCK_BYTES = 1 << 20
NO_WRITER_LIMIT_S = 10.0
"""How long somebody may take to open the other end of a named pipe."""
PIPE_LIMIT_S = 300.0
"""How long what stands at the other end of a pipe may take in all."""


def read_file(path: str, limit_bytes: int, pipe_limit_s: float = PIPE_LIMIT_S) -> bytes:
    """The whole file. Raises OSError, also for what is larger or is a pipe into which nobody writes."""
    found = bytearray()
    for block in blocks(path, pipe_limit_s):
        found += block
        if len(found) > limit_bytes:
            raise OSError(errno.EFBIG, f"more than {limit_bytes >> 20} MiB")
    return bytes(found)


def blocks(path: str, pipe_limit_s: float | None = None) -> Iterator[bytes]:
    """The file piece by piece; a pipe within a time, where one is given. Raises OSError."""
    try:
        # Not blocking: opening a named pipe would wait for whoever writes into it.
        handle = os.open(
            path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
    except ValueError as error:  # a NUL in the name
        raise OSError(errno.EINVAL, str(error)) from error
    try:
        kind = os.fstat(handle).st_mode
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if stat.S_ISREG(kind) or sys.platform == "win32":
            while block := os.read(handle, BLOCK_BYTES):
                yield block
        else:
            yield from _arriving(handle, pipe_limit_s)
    finally:
        os.close(handle)


def _arriving(handle: int, limit_s: float | None) -> Iterator[bytes]:
    """What arrives through a pipe or from a device, to its end."""
    started = time.monotonic()
    no_writer_s = min(NO_WRITER_LIMIT_S, limit_s if limit_s is not None else NO_WRITER_LIMIT_S)
    opened = not stat.S_ISFIFO(os.fstat(handle).st_mode)
    while True:
        waited = time.monotonic() - started
        if limit_s is not None and waited > limit_s:
            raise TimeoutError(errno.ETIMEDOUT, f"no end of it after {limit_s:g} s")
        try:
            block = os.read(handle, BLOCK_BYTES)
        except BlockingIOError:
            opened = True
            select.select([handle], [], [], None if limit_s is None else max(0.0, limit_s - waited))
            continue
        if block:
            opened = True
            yield block
        elif opened:
            return
        elif waited > no_writer_s:
            raise TimeoutError(
                errno.ETIMEDOUT, f"a pipe into which nothing writes for {no_writer_s:g} s"
            )
        else:
            time.sleep(0.02)
