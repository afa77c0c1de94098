"""Reads the knowledge from its JSON files: the package's, refreshed ones, or those that a variable names."""

from __future__ import annotations

import contextlib
import hashlib
import os
from functools import cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from envsetup.cache_folder import cache_folder
from envsetup.host.input_files import read_file
from envsetup.host.json_input import InputError, decode
from envsetup.knowledge.questions import Knowledge
from envsetup.knowledge.records import (
    INDEX,
    PROVEN,
    ArchRows,
    Build,
    Chip,
    CondaForge,
    Drivers,
    GpuRows,
    Platform,
    Release,
    Releases,
    Rocm,
    version_key,
)
from envsetup.knowledge.usable import faults

T = TypeVar("T")
PACKAGE_DATA = Path(__file__).parent
LARGEST_BYTES = 32 * 1024 * 1024
VARIABLE = "ENVSETUP_KNOWLEDGE"
EXTRA = "releases.extra.json"


class KnowledgeError(ValueError):
    """The data can't be used; the message names the file and the place in it."""


def load(path: str | None = None, *, mirror: str | None = None) -> Knowledge:
    """The knowledge; files that a given folder (or ENVSETUP_KNOWLEDGE) holds replace the package's own.

    Its `releases.extra.json` adds releases, or replaces some. Without such a folder what `knowledge
    refresh` stored counts: of PyTorch's index always, of a mirror only where that `mirror` is given.
    Raises KnowledgeError where a file can't be read or holds what the schema refuses.
    """
    given = path or os.environ.get(VARIABLE)
    if given and not Path(given).is_dir():
        raise KnowledgeError(
            f"{VARIABLE}={given}: there is no such folder; name a folder of JSON files"
        )
    if given:
        return _load(given, "", "", "")
    mirror = (other_than_upstream(mirror) or "").rstrip("/")
    of_mirror = _stored_file(mirror) if mirror else ""
    return _load("", _stored_file(None), of_mirror, mirror)


def _stored_file(mirror: str | None) -> str:
    """What a refresh stored, empty where it stored nothing."""
    file = refreshed_file(mirror)
    return str(file) if file is not None and file.is_file() else ""


def other_than_upstream(mirror: str | None) -> str | None:
    """The mirror, None where it is PyTorch's own index by another spelling."""
    return None if mirror is None or _spelled(mirror) == _spelled(INDEX) else mirror


def _spelled(address: str) -> str:
    place = urlsplit(address)
    return f"{place.scheme.lower()}://{place.netloc.rpartition('@')[2].lower()}{place.path.rstrip('/')}"


def refreshed_file(mirror: str | None = None) -> Path | None:
    """Where `knowledge refresh` stores releases for this version of the package's own; None without a home.

    The name holds the hash of the package's data: what was made from other data is never read. What a
    mirror lists has a file of its own.
    """
    folder = cache_folder()
    if folder is None:
        return None
    own = hashlib.sha256((PACKAGE_DATA / "releases.json").read_bytes()).hexdigest()
    named = hashlib.sha256(_spelled(mirror).encode()).hexdigest() if mirror else ""
    whose = f"-{named[:12]}" if named else ""
    return folder / "knowledge" / f"releases-{own[:12]}{whose}.json"


@cache
def _load(given: str, stored: str, of_mirror: str, mirror: str) -> Knowledge:
    folder = Path(given) if given else PACKAGE_DATA
    digest = hashlib.sha256()

    def read(name: str, kind: type[T]) -> T:
        file = folder / name if (folder / name).is_file() else PACKAGE_DATA / name
        return _decoded(file, kind, digest)

    releases = read("releases.json", Releases)
    if given and (folder / EXTRA).is_file():
        releases = _extended(releases, _decoded(folder / EXTRA, Releases, digest))
    # A stored file that is torn is no reason to know nothing: plans and `knowledge show` say so.
    trouble: list[str] = []
    if stored:
        releases = _stored(stored, digest, trouble) or releases
    more = _stored(of_mirror, digest, trouble) if of_mirror else None
    return Knowledge(
        releases=joined(releases, more) if more is not None else releases,
        archs=read("cuda_archs.json", ArchRows),
        drivers=read("cuda_drivers.json", Drivers),
        gpus=read("nvidia_gpus.json", GpuRows),
        rocm=read("rocm.json", Rocm),
        chips=cache(lambda: read("pci_chips.json", dict[str, Chip])),
        conda=cache(lambda: read("conda_forge.json", CondaForge)),
        sha256=digest.hexdigest(),
        mirror=mirror if more is not None else None,
        upstream=releases if more is not None else None,
        trouble="; ".join(trouble),
    )


def _stored(file: str, digest: hashlib._Hash, trouble: list[str]) -> Releases | None:
    try:
        return _decoded(Path(file), Releases, digest)
    except KnowledgeError as error:
        trouble.append(f"{error}; run `envsetup knowledge refresh` again, or remove the file")
        return None


def _decoded(file: Path, kind: type[T], digest: hashlib._Hash) -> T:
    try:
        data = read_file(str(file), LARGEST_BYTES)
        decoded = decode(data, kind)
    except (OSError, InputError) as error:
        raise KnowledgeError(f"{file}: {error}") from error
    fault = next(faults(decoded), None) if isinstance(decoded, Releases) else None
    if fault is not None:
        raise KnowledgeError(f"{file}: {fault}")
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


def joined(releases: Releases, more: Releases) -> Releases:
    """The releases with what only the others have, or have seen: a release, a platform, a build."""
    rows = {r.version: r for r in releases.releases}
    for one in more.releases:
        mine = rows.get(one.version)
        rows[one.version] = one if mine is None else _with_rows(mine, one)
    ordered = sorted(rows.values(), key=lambda r: version_key(r.version), reverse=True)
    return Releases(
        as_of=max(releases.as_of, more.as_of),
        sources={**more.sources, **releases.sources},
        releases=tuple(ordered),
    )


def _with_rows(mine: Release, other: Release) -> Release:
    platforms = dict(other.platforms)
    for name, row in mine.platforms.items():
        more = other.platforms.get(name)
        platforms[name] = row if more is None else replace(row, builds=_builds(row, more))
    return replace(mine, platforms=platforms)


def _builds(mine: Platform, other: Platform) -> dict[str, Build]:
    """Mine, but for what was only announced or concluded and the other has seen."""
    sure = {name: row for name, row in mine.builds.items() if row.status in PROVEN}
    return {**mine.builds, **other.builds, **sure}


def store(releases: Releases, mirror: str | None = None) -> Path:
    """Stores refreshed releases for later runs, whole or not at all. Raises OSError; KnowledgeError without a home."""
    file = refreshed_file(mirror)
    if file is None:
        raise KnowledgeError(
            "there is no folder for refreshed knowledge: no home folder is known. "
            "Set HOME, or XDG_CACHE_HOME to an absolute path."
        )
    import tempfile

    data = msgspec.json.encode(releases)
    again = msgspec.json.decode(data, type=Releases)  # what could not be read again is never stored
    fault = next(faults(again), None)
    if fault is not None:
        raise KnowledgeError(f"what the index lists can't be used: {fault}")
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


def own_releases(mirror: str | None = None) -> Releases:
    """The releases that a refresh starts from: what earlier ones stored, else the package's own."""
    found = _decoded(PACKAGE_DATA / "releases.json", Releases, hashlib.sha256())
    for whose in (None, mirror) if mirror else (None,):
        stored = refreshed_file(whose)
        if stored is not None and stored.is_file():
            with contextlib.suppress(KnowledgeError):
                read = _decoded(stored, Releases, hashlib.sha256())
                found = joined(found, read) if whose else read
    return found
