"""Work beside what goes on, and at once where the system gives no thread for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache

M_ARENA_MAX = -8
"""glibc's malloc.h."""


def in_background(work: Callable[[], object]) -> threading.Thread | None:
    """A daemon thread at the work; None where a limit on processes allows none, and the work is done by then."""
    _share_one_arena()
    thread = threading.Thread(target=work, daemon=True)
    try:
        thread.start()
    except RuntimeError:  # "can't start new thread"
        work()
        return None
    return thread


@cache
def _share_one_arena() -> None:
    """Where address space is limited, threads allocate from one arena of glibc's.

    Each thread would reserve 64 to 128 MiB for its own (malloc/arena.c, HEAP_MAX_SIZE), which a batch
    job's `ulimit -v` counts: eight threads took 520 MiB with and 94 MiB without.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    if resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY:
        return
    import ctypes

    with suppress(AttributeError, OSError):  # musl and macOS have no mallopt
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
