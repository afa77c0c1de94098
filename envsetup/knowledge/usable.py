"""Whether releases that were read from a file can be used: the types are right, the texts may not be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from envsetup.knowledge.records import Build, Platform, Release, Releases

VERSION = re.compile(r"\d{1,4}(?:\.\d{1,4}){1,3}")
TAG = re.compile(r"cp3\d{1,2}t?")
BUILD = re.compile(r"cpu|xpu|cu\d{2,3}|rocm\d+\.\d+(?:\.\d+)?")
PLATFORM = re.compile(r"(?:linux|windows|macos)_[a-z0-9_]{1,20}")
NUMBERS = re.compile(r"\d{1,4}(?:\.\d{1,4}){0,3}")
CAPABILITY = re.compile(r"\d{1,2}\.\d[af]?")
MOST_RELEASES = 500


def faults(releases: Releases) -> Iterator[str]:
    """Each field that can't be used, by its place; none where all can."""
    try:
        date.fromisoformat(releases.as_of)
    except ValueError:
        yield f"as_of is {releases.as_of[:40]!r}, and no date such as 2026-11-23"
    if not 0 < len(releases.releases) <= MOST_RELEASES:
        yield f"it holds {len(releases.releases)} releases"
    for at, one in enumerate(releases.releases):
        yield from (f"releases[{at}]: {said}" for said in _release(one))


def _release(one: Release) -> Iterator[str]:
    yield from _wrong("version", [one.version], VERSION)
    yield from _wrong("torchvision", [one.torchvision], VERSION)
    yield from _wrong("torchaudio", [one.torchaudio], VERSION)
    yield from _wrong("platform", one.platforms, PLATFORM)
    for name, row in one.platforms.items():
        yield from (f"{name}: {said}" for said in _platform(row))


def _platform(row: Platform) -> Iterator[str]:
    only = row.index_python
    yield from _wrong("python", (*row.python, *(only.tags if only else ())), TAG)
    yield from _wrong("build", (*row.builds, row.default, *(only.builds if only else ())), BUILD)
    yield from _wrong("macos", [row.macos, row.mps_macos], NUMBERS)
    for name, build in row.builds.items():
        yield from (f"{name}: {said}" for said in _build(build))


def _build(build: Build) -> Iterator[str]:
    yield from _wrong("libc", [build.libc], NUMBERS)
    yield from _wrong("arch_list", build.arch_list or (), CAPABILITY)
    yield from _wrong("ptx", build.ptx or (), CAPABILITY)


def _wrong(field: str, texts: Iterable[str | None], form: re.Pattern[str]) -> Iterator[str]:
    for text in texts:
        if text is not None and not form.fullmatch(text):
            yield f"{field} is {text[:40]!r}"
