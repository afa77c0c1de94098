"""conda-forge's older releases, concluded from the newest that was seen there."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from envsetup.knowledge.arch import cuda_of
from envsetup.knowledge.records import Build, CondaForge, Platform, Release, version_key


def conda_releases(seen: CondaForge, wheels: tuple[Release, ...]) -> Iterator[Release]:
    """Releases between the oldest and the one that was seen, newest first: inferred, and said to be.

    CUDA 12 alone: since when there is CUDA 13 isn't known.
    """
    newest, oldest = version_key(seen.release.version), version_key(seen.oldest)
    for one in wheels:
        if oldest <= version_key(one.version) < newest:
            platforms = {
                name: _older(row, one.platforms.get(name))
                for name, row in seen.release.platforms.items()
            }
            yield replace(seen.release, version=one.version, date=one.date, platforms=platforms)


def _older(row: Platform, wheel: Platform | None) -> Platform:
    builds = {
        name: Build(status="inferred", libc=build.libc)
        for name, build in row.builds.items()
        if (cuda_of(name) or (12,))[0] == 12
    }
    tags = tuple(t for t in wheel.python if not t.endswith("t")) if wheel else row.python
    return replace(row, python=tags, builds=builds, mps_macos=wheel.mps_macos if wheel else None)
