"""Reads the GPU architectures that a torch library was built for, without loading or mapping it.

torch compiles its list into libtorch_cuda as one zero-terminated string, such as
`sm_75 sm_80 compute_120` (what torch.cuda.get_arch_list() answers). The file is read in pieces: mapped,
a file that is being cut short would end this process with SIGBUS.
"""

from __future__ import annotations

import re

from envsetup.host.disk_cache import remembered
from envsetup.model import Record

PIECE_BYTES = 16 * 1024 * 1024
OVERLAP_BYTES = 4096
"""Longer than any list, so that none is lost between two pieces."""
LIST = re.compile(rb"\x00((?:sm|compute)_\d{2,3}[af]?(?: (?:sm|compute)_\d{2,3}[af]?){0,60})\x00")
AMD_LIST = re.compile(rb"\x00(gfx[0-9a-f]{3,5}(?:[ ;]gfx[0-9a-f]{3,5}){0,60})\x00")


class ArchList(Record):
    archs: tuple[str, ...] | None


def arch_list(path: str) -> tuple[str, ...] | None:
    """The list of a library, None where it holds none; read once. Raises OSError."""
    return remembered("archs", ArchList, (path,), lambda: ArchList(archs=_search(path))).archs


def _search(path: str) -> tuple[str, ...] | None:
    """The longest list in the file: a shorter one may belong to a library inside it."""
    best: bytes = b""
    tail = b""
    with open(path, "rb", buffering=0) as file:
        while piece := file.read(PIECE_BYTES):
            data = tail + piece
            for pattern, mark in ((LIST, b"sm_"), (AMD_LIST, b"gfx")):
                if mark in data:
                    best = max((best, *pattern.findall(data)), key=len)
            tail = data[-OVERLAP_BYTES:]
    return tuple(best.decode().replace(";", " ").split()) if best else None
