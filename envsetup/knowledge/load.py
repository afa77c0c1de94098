"""Reads the knowledge from its JSON files: those of the package, or those that ENVSETUP_KNOWLEDGE names."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from envsetup.knowledge.records import (
    ArchRows,
    Chip,
    Drivers,
    GpuRows,
    Knowledge,
    Releases,
    Rocm,
)

T = TypeVar("T")
PACKAGE_DATA = Path(__file__).parent
VARIABLE = "ENVSETUP_KNOWLEDGE"


class KnowledgeError(ValueError):
    """The data can't be used; the message names the file and the place in it."""


def load(path: str | None = None) -> Knowledge:
    """The knowledge; files that a given folder (or ENVSETUP_KNOWLEDGE) holds replace the package's own.

    Raises KnowledgeError where a file can't be read or holds what the schema refuses.
    """
    given = path or os.environ.get(VARIABLE)
    if given and not Path(given).is_dir():
        raise KnowledgeError(
            f"{VARIABLE}={given}: there is no such folder; name a folder of JSON files"
        )
    return _load(given or "")


@cache
def _load(given: str) -> Knowledge:
    folder = Path(given) if given else PACKAGE_DATA
    digest = hashlib.sha256()

    def read(name: str, kind: type[T]) -> T:
        file = folder / name if (folder / name).is_file() else PACKAGE_DATA / name
        try:
            data = file.read_bytes()
            digest.update(data)
            return msgspec.json.decode(data, type=kind)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise KnowledgeError(f"{file}: {error}") from error

    return Knowledge(
        releases=read("releases.json", Releases),
        archs=read("cuda_archs.json", ArchRows),
        drivers=read("cuda_drivers.json", Drivers),
        gpus=read("nvidia_gpus.json", GpuRows),
        rocm=read("rocm.json", Rocm),
        chips=cache(lambda: read("pci_chips.json", dict[str, Chip])),
        sha256=digest.hexdigest(),
    )
