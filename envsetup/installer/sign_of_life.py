"""How long a run was alive, told by the time of a file that it touches ten times a second.

After a kill this bounds what the run can have written: whatever changed later is somebody else's. The
times are the file system's own on both sides, so that clocks of several machines don't matter.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

BEAT_S = 0.1
GRACE_NS = 1_000_000_000
"""What a busy machine delays a sign by, and what an installer writes until it is ended too."""
COARSE_NS = 2_000_000_000
"""The step in which the coarsest file system (FAT) counts time."""


@contextlib.contextmanager
def sign_of_life(file: Path) -> Iterator[None]:
    """Touches a file of ours as long as the block runs."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT_S):
            with contextlib.suppress(OSError):
                os.utime(file)

    thread = threading.Thread(target=beat, daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no thread to be had: less can be put back after a kill, nothing more
        yield
        return
    try:
        yield
    finally:
        over.set()
        thread.join()


class Window:
    """The time up to which a run was alive, from the file that it touched."""

    def __init__(self, until_ns: int) -> None:
        self.until_ns = until_ns

    @classmethod
    def of(cls, file: Path) -> Window:
        """Raises OSError where the file can't be looked at."""
        last = file.lstat().st_mtime_ns
        coarse = COARSE_NS if last % COARSE_NS == 0 or last % 1_000_000_000 == 0 else 0
        return cls(last + GRACE_NS + coarse)

    def holds(self, entry: os.stat_result, folder: os.stat_result) -> bool:
        """Whether an entry came, and was last written to, while the run was alive; `folder` is the one it lies in.

        A later link to the same file elsewhere (uv links from its cache) moves the time of the file. So a
        folder that nothing was added to since speaks for all in it.
        """
        if entry.st_mtime_ns > self.until_ns:
            return False
        return min(folder.st_ctime_ns, entry.st_ctime_ns) <= self.until_ns
