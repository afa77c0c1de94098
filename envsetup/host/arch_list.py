"""Reads the GPU architectures that a torch library was built for, without loading or mapping it.

torch compiles its list into libtorch_cuda as one zero-terminated string, such as
`sm_75 sm_80 compute_120` (what torch.cuda.get_arch_list() answers). The file is read in pieces: mapped,
a file that is being cut short would end this process with SIGBUS.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from pathlib import Path

PIECE_BYTES = 16 * 1024 * 1024
OVERLAP_BYTES = 4096
"""Longer than any list, so that none is lost between two pieces."""
LIST = re.compile(rb"\x00((?:sm|compute)_\d{2,3}[af]?(?: (?:sm|compute)_\d{2,3}[af]?){0,60})\x00")
AMD_LIST = re.compile(rb"\x00(gfx[0-9a-f]{3,5}(?:[ ;]gfx[0-9a-f]{3,5}){0,60})\x00")


def arch_list(path: str) -> list[str] | None:
    """The list of a library, None where it holds none. Raises OSError. Cached by path, size and time."""
    status = os.stat(path)
    key = hashlib.sha256(f"{path}|{status.st_size}|{status.st_mtime_ns}".encode()).hexdigest()[:24]
    cached = _cache() / f"archs-{key}.json"
    with contextlib.suppress(OSError, ValueError):
        kept = json.loads(cached.read_text(encoding="utf-8"))
        if kept is None or (isinstance(kept, list) and all(isinstance(a, str) for a in kept)):
            return kept
    found = _search(path)
    with contextlib.suppress(OSError):
        cached.parent.mkdir(parents=True, exist_ok=True)
        scratch = cached.with_suffix(f".{os.getpid()}")
        scratch.write_text(json.dumps(found), encoding="utf-8")
        scratch.replace(cached)
    return found


def _cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("envsetup", appauthor=False)


def _search(path: str) -> list[str] | None:
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
    return best.decode().replace(";", " ").split() if best else None
