"""Where temporary files of the tool itself lie: a folder that really takes them."""

from __future__ import annotations

import os
import tempfile
from functools import cache

ROOM_BYTES = 1 << 17
"""What a small answer of a program takes; a folder that can't hold it serves nobody."""
ELSEWHERE = ("/tmp", "/var/tmp", "/dev/shm")


@cache
def roomy_folder() -> str | None:
    """The system's folder for temporary files, or another where that one is full.

    A full one lets files be made and swallows what is written to them: programs then seem to say
    nothing. None where none takes a file; `tempfile` then raises with the system's reason.
    """
    return next((folder for folder in _candidates() if _takes_a_file(folder)), None)


def _candidates() -> tuple[str, ...]:
    try:
        usual: tuple[str, ...] = (tempfile.gettempdir(),)
    except OSError:
        usual = ()
    return (*usual, *(folder for folder in ELSEWHERE if os.path.isdir(folder)))


def _takes_a_file(folder: str) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(ROOM_BYTES))
            file.flush()
    except OSError:
        return False
    return True
