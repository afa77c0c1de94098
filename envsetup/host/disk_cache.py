"""Answers about large files, kept in the user's cache: a library that didn't change isn't read again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from envsetup.host.input_files import read_file
from envsetup.host.json_input import decode

LARGEST_BYTES = 1 << 20


def remembered(kind: str, paths: tuple[str, ...], look: Callable[[], Any]) -> Any:
    """What `look` gives, as JSON holds it, kept by path, size and time of the files.

    Raises OSError where one of them isn't there, and whatever `look` raises.
    """
    kept = _cache() / f"{kind}-{_key(paths)}.json"
    with contextlib.suppress(OSError, ValueError):
        return decode(read_file(str(kept), LARGEST_BYTES), Any)
    found = look()
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        scratch = kept.with_suffix(f".{os.getpid()}")
        scratch.write_text(json.dumps(found), encoding="utf-8")
        scratch.replace(kept)
    return found


def _key(paths: tuple[str, ...]) -> str:
    known = ((path, os.stat(path)) for path in paths)
    about = [(path, status.st_size, status.st_mtime_ns) for path, status in known]
    return hashlib.sha256(repr(about).encode()).hexdigest()[:24]


def _cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("envsetup", appauthor=False)
