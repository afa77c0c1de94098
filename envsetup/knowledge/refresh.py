"""Brings what index pages list into the releases: rows are added, none is removed or made certain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from envsetup.knowledge.arch import cuda_of
from envsetup.knowledge.questions import Knowledge
from envsetup.knowledge.records import (
    Build,
    IndexPython,
    Platform,
    Release,
    Releases,
    version_key,
)
from envsetup.knowledge.wheels import Wheel
from envsetup.model import Record

NEWEST = 3
"""Releases whose builds are asked for: older ones get no new files."""
NEXT_CUDA = 3
"""Minor versions of CUDA after the newest known one whose page is tried."""


class Seen(Record):
    """A wheel and the page that lists it."""

    wheel: Wheel
    page: str
    build: str
    """The wheel's label, or the page's where the name carries none."""


def builds_to_ask(knowledge: Knowledge) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Builds whose pages must be there, and some that a new release may have brought."""
    rows = [p for r in knowledge.releases[:NEWEST] for p in r.platforms.values()]
    known = {name for row in rows for name in row.builds}
    newest = max((n for n in known if cuda_of(n)), key=lambda n: cuda_of(n) or (0, 0), default="")
    major, minor = cuda_of(newest) or (0, 0)
    after = [f"cu{major}{minor + step}" for step in range(1, NEXT_CUDA + 1)] if major else []
    after.append(f"cu{major + 1}0")
    return tuple(sorted(known)), tuple(after)


def merged(
    known: Releases,
    knowledge: Knowledge,
    seen: Iterable[Seen],
    companions: Mapping[tuple[str, str], str],
) -> tuple[Releases, tuple[str, ...]]:
    """The releases with what was seen, and each change in words.

    `companions` maps a release of torch and a package to the version that pins it.
    """
    by_version: dict[str, list[Seen]] = {}
    for one in seen:
        if one.wheel.name == "torch" and one.wheel.platform is not None:
            by_version.setdefault(one.wheel.version, []).append(one)
    releases = {r.version: r for r in known.releases}
    oldest = min(map(version_key, releases))
    changes: list[str] = []
    for version, wheels in sorted(by_version.items(), key=lambda item: version_key(item[0])):
        if version not in releases and version_key(version) < oldest:
            continue
        before = releases.get(version) or _new_release(version, wheels, companions)
        if version not in releases:
            changes.append(f"torch {version} is new")
        after, said = _with_files(before, wheels, knowledge)
        releases[version] = after
        changes += said
    ordered = sorted(releases.values(), key=lambda r: version_key(r.version), reverse=True)
    return replace(known, releases=tuple(ordered)), tuple(changes)


def _new_release(
    version: str, wheels: list[Seen], companions: Mapping[tuple[str, str], str]
) -> Release:
    bounds = [w.wheel.requires_python for w in wheels if w.wheel.requires_python]
    return Release(
        version=version,
        date="",
        requires_python=bounds[0] if bounds else "",
        platforms={},
        torchvision=companions.get((version, "torchvision")),
        torchaudio=companions.get((version, "torchaudio")),
        numpy2=True,
        pins={},
        source=tuple(sorted({w.page for w in wheels})),
    )


def _with_files(
    release: Release, wheels: list[Seen], knowledge: Knowledge
) -> tuple[Release, list[str]]:
    platforms, changes = dict(release.platforms), []
    by_platform: dict[str, list[Seen]] = {}
    for one in wheels:
        by_platform.setdefault(str(one.wheel.platform), []).append(one)
    for name, mine in sorted(by_platform.items()):
        row = platforms.get(name)
        if row is None:
            row = Platform(python=(), default=None, builds={}, on_default_index=False)
        for build, files in sorted(_by_build(mine).items()):
            old = row.builds.get(build)
            new = _build(old, build, release.version, name, files, knowledge)
            if new != old:
                was = f" (was {old.status})" if old is not None else ""
                changes.append(f"torch {release.version}+{build} on {name} is published{was}")
                row = replace(row, builds={**row.builds, build: new})
        row, said = _with_tags(row, mine)
        changes += [f"torch {release.version} on {name} has {said}"] if said else []
        platforms[name] = row
    return replace(release, platforms=platforms), changes


def _by_build(wheels: Iterable[Seen]) -> dict[str, list[Seen]]:
    found: dict[str, list[Seen]] = {}
    for one in wheels:
        found.setdefault(one.build, []).append(one)
    return found


def _build(
    old: Build | None,
    build: str,
    version: str,
    platform: str,
    files: list[Seen],
    knowledge: Knowledge,
) -> Build:
    """What a file on the index proves: that it is published, and its glibc; not its architectures."""
    if old is not None:
        unsure = old.status in ("announced", "inferred")
        return replace(old, status="published", source=files[0].page) if unsure else old
    floors = [f.wheel.libc for f in files if f.wheel.libc]
    before = _before(version, build, platform, knowledge)
    return Build(
        status="published",
        libc=max(floors, key=version_key, default=None),
        arch_list=before.arch_list if before else None,
        ptx=before.ptx if before else None,
        arch_status="inferred" if before and before.arch_list else None,
        source=files[0].page,
    )


def _before(version: str, build: str, platform: str, knowledge: Knowledge) -> Build | None:
    """The same build of the nearest earlier release: CUDA's architectures seldom change within one."""
    earlier = [r for r in knowledge.releases if version_key(r.version) < version_key(version)]
    rows = (knowledge.build(r.version, build, platform) for r in earlier)
    return next((row for row in rows if row is not None), None)


def _with_tags(row: Platform, wheels: list[Seen]) -> tuple[Platform, str]:
    """The row with Python tags that only the index has shown so far."""
    there = set(row.python) | set(row.index_python.tags if row.index_python else ())
    fresh = sorted({w.wheel.abi for w in wheels} - there, key=lambda abi: (len(abi), abi))
    if not fresh:
        return row, ""
    if not row.python and row.index_python is None:
        return replace(row, python=tuple(fresh)), f"Python {', '.join(fresh)}"
    if row.index_python is not None:
        return row, ""  # one set of tags for some builds is all that a row holds
    builds = tuple(sorted({w.build for w in wheels if w.wheel.abi in fresh}))
    page = wheels[0].page
    only = IndexPython(tags=tuple(fresh), builds=builds, status="published", note=page)
    return replace(row, index_python=only), f"Python {', '.join(fresh)} on the index"


def newer_companions(seen: Iterable[Wheel], name: str, known: Iterable[str]) -> Iterator[Wheel]:
    """One wheel of each release of a companion that is newer than all known ones, if it tells its needs."""
    newest = max((version_key(v) for v in known), default=(0,))
    told: set[str] = set()
    for wheel in seen:
        fresh = wheel.name == name and version_key(wheel.version) > newest
        if fresh and wheel.has_metadata and wheel.version not in told:
            told.add(wheel.version)
            yield wheel
