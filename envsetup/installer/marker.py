"""The file by which `setup` tells the environments that it made, and whether it came to its end there."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Literal

import msgspec

from envsetup.installer.durable import write_whole
from envsetup.probes.unfinished import MARKER

LIMIT_BYTES = 4096


class Marker(msgspec.Struct, frozen=True):
    """What the file says."""

    made_by: Literal["envsetup"]
    state: Literal["complete", "incomplete"]
    folder: int = 0
    """The number that the file system has given the folder: a copy, or a marker from elsewhere, has another."""


def mark(folder: Path, state: Literal["complete", "incomplete"]) -> None:
    """Writes the marker; it is on the disk when this returns. Raises OSError."""
    marker = Marker(made_by="envsetup", state=state, folder=os.stat(folder).st_ino)
    write_whole(folder / MARKER, msgspec.json.encode(marker) + b"\n")


def marker_of(folder: Path) -> Marker | None:
    """What the marker says, whoever put it there; None where there is none that can be read."""
    file = folder / MARKER
    try:
        told = file.lstat()
        if not stat.S_ISREG(told.st_mode) or told.st_size > LIMIT_BYTES:
            return None
        return msgspec.json.decode(file.read_bytes(), type=Marker)
    except (OSError, ValueError, RecursionError):
        return None


def is_ours(folder: Path, marker: Marker | None) -> bool:
    """Whether envsetup wrote the marker for this very folder."""
    return marker is not None and marker.folder == os.stat(folder).st_ino != 0


def is_half_made(folder: Path) -> bool:
    """Whether a setup was begun here and has not ended."""
    marker = marker_of(folder)
    return marker is not None and marker.state == "incomplete"
