"""Answers about large files, kept in the user's cache: a library that didn't change isn't read again."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from envsetup.cache_folder import cache_folder
from envsetup.host.input_files import read_file
from envsetup.host.json_input import InputError, decode
from envsetup.version import __version__

T = TypeVar("T")
MOST_ANSWERS = 500
LARGEST_BYTES = 1 << 20
OLDEST_S = 90 * 24 * 3600.0


def remembered(name: str, kind: type[T], paths: tuple[str, ...], look: Callable[[], T]) -> T:
    """What `look` gives, kept by path, size and time of the files, and by the source of `look`'s module.

    What is kept in another shape than `kind` is read anew. Raises OSError where one of the files isn't
    there, and whatever `look` raises.
    """
    kept = _answers(name, paths, look)
    if kept is None:
        return look()
    with contextlib.suppress(OSError, InputError):
        return decode(read_file(str(kept), LARGEST_BYTES), kind)
    found = look()
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        scratch = kept.with_suffix(f".{os.getpid()}")
        scratch.write_bytes(msgspec.json.encode(found))
        scratch.replace(kept)
        _prune(kept.parent)
    return found


def _answers(name: str, paths: tuple[str, ...], look: Callable[[], object]) -> Path | None:
    known = ((path, os.stat(path)) for path in paths)
    about = [(path, status.st_size, status.st_mtime_ns) for path, status in known]
    key = hashlib.sha256(repr((about, _reader(look))).encode()).hexdigest()[:24]
    folder = cache_folder()
    return folder / f"{name}-{key}.json" if folder else None


def _reader(look: Callable[[], object]) -> str:
    """What changes with every mended fault of the reader."""
    file = sys.modules[look.__module__].__file__
    with contextlib.suppress(OSError, TypeError):
        return hashlib.sha256(Path(str(file)).read_bytes()).hexdigest()
    return __version__


def _prune(folder: Path) -> None:
    """Deletes old answers. Called after a file was read anew, which costs a thousand times more."""
    with os.scandir(folder) as entries:
        files = (entry for entry in entries if entry.name.endswith(".json"))
        ages = sorted(((f.stat().st_mtime, f.path) for f in files), reverse=True)
    oldest = time.time() - OLDEST_S
    for place, (written, path) in enumerate(ages):
        if place >= MOST_ANSWERS or written < oldest:
            with contextlib.suppress(OSError):
                os.unlink(path)
