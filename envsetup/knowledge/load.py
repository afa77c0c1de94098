"""Reads the knowledge from its JSON files: the package's, refreshed ones, or those that a variable names."""

from __future__ import annotations

import contextlib
import hashlib
import os
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from envsetup.cache_folder import cache_folder
from envsetup.host.input_files import read_file
from envsetup.host.json_input import InputError, decode
from envsetup.knowledge.questions import Knowledge
from envsetup.knowledge.records import (
    ArchRows,
    Chip,
    Drivers,
    GpuRows,
    Releases,
    Rocm,
    version_key,
)

T = TypeVar("T")
PACKAGE_DATA = Path(__file__).parent
LARGEST_BYTES = 32 * 1024 * 1024
VARIABLE = "ENVSETUP_KNOWLEDGE"
EXTRA = "releases.extra.json"


class KnowledgeError(ValueError):
    """The data can't be used; the message names the file and the place in it."""


def load(path: str | None = None) -> Knowledge:
    """The knowledge; files that a given folder (or ENVSETUP_KNOWLEDGE) holds replace the package's own.

    Its `releases.extra.json` adds releases, or replaces some. Without such a folder what `knowledge
    refresh` stored counts. Raises KnowledgeError where a file can't be read or holds what the schema
    refuses.
    """
    given = path or os.environ.get(VARIABLE)
    if given and not Path(given).is_dir():
        raise KnowledgeError(
            f"{VARIABLE}={given}: there is no such folder; name a folder of JSON files"
        )
    stored = None if given else refreshed_file()
    there = stored is not None and stored.is_file()
    return _load(given or "", str(stored) if there else "")


def refreshed_file() -> Path | None:
    """Where `knowledge refresh` stores releases for this version of the package's own; None without a home.

    The name holds the hash of the package's data: what was made from other data is never read.
    """
    folder = cache_folder()
    if folder is None:
        return None
    own = hashlib.sha256((PACKAGE_DATA / "releases.json").read_bytes()).hexdigest()
    return folder / "knowledge" / f"releases-{own[:12]}.json"


@cache
def _load(given: str, stored: str) -> Knowledge:
    folder = Path(given) if given else PACKAGE_DATA
    digest = hashlib.sha256()

    def read(name: str, kind: type[T]) -> T:
        file = folder / name if (folder / name).is_file() else PACKAGE_DATA / name
        return _decoded(file, kind, digest)

    releases = read("releases.json", Releases)
    if given and (folder / EXTRA).is_file():
        releases = _extended(releases, _decoded(folder / EXTRA, Releases, digest))
    elif stored:
        # A stored file that is torn is no reason to know nothing: `knowledge show` says so.
        with contextlib.suppress(KnowledgeError):
            releases = _decoded(Path(stored), Releases, digest)
    return Knowledge(
        releases=releases,
        archs=read("cuda_archs.json", ArchRows),
        drivers=read("cuda_drivers.json", Drivers),
        gpus=read("nvidia_gpus.json", GpuRows),
        rocm=read("rocm.json", Rocm),
        chips=cache(lambda: read("pci_chips.json", dict[str, Chip])),
        sha256=digest.hexdigest(),
    )


def _decoded(file: Path, kind: type[T], digest: hashlib._Hash) -> T:
    try:
        data = read_file(str(file), LARGEST_BYTES)
        decoded = decode(data, kind)
    except (OSError, InputError) as error:
        raise KnowledgeError(f"{file}: {error}") from error
    digest.update(data)
    return decoded


def _extended(releases: Releases, extra: Releases) -> Releases:
    """The releases with those of another file, newest first; the other file wins."""
    rows = {r.version: r for r in (*releases.releases, *extra.releases)}
    ordered = sorted(rows.values(), key=lambda r: version_key(r.version), reverse=True)
    return Releases(
        as_of=max(releases.as_of, extra.as_of),
        sources={**releases.sources, **extra.sources},
        releases=tuple(ordered),
    )


def store(releases: Releases) -> Path:
    """Stores refreshed releases for later runs, whole or not at all. Raises OSError; KnowledgeError without a home."""
    file = refreshed_file()
    if file is None:
        raise KnowledgeError(
            "there is no folder for refreshed knowledge: no home folder is known. "
            "Set HOME, or XDG_CACHE_HOME to an absolute path."
        )
    import tempfile

    data = msgspec.json.encode(releases)
    msgspec.json.decode(data, type=Releases)  # what could not be read again is never stored
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=file.parent, prefix=".releases-", suffix=".json")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, file)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    return file


def own_releases() -> Releases:
    """The releases that a refresh starts from: what an earlier one stored, else the package's own."""
    stored = refreshed_file()
    if stored is not None and stored.is_file():
        with contextlib.suppress(KnowledgeError):
            return _decoded(stored, Releases, hashlib.sha256())
    return _decoded(PACKAGE_DATA / "releases.json", Releases, hashlib.sha256())
