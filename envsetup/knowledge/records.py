"""The rows of the knowledge.

`status` of a row: `certain` was read in the wheel or its metadata, `published` in an upstream table or
seen in use, `announced` was promised upstream, `inferred` is our conclusion and says so.
"""

from __future__ import annotations

import re
from typing import Literal

from envsetup.model import Record

Status = Literal["certain", "published", "announced", "inferred"]
INDEX = "https://download.pytorch.org/whl"
"""PyTorch's own wheel index."""
PROVEN = ("certain", "published")


HEAVY_ROCM = (7, 14)
"""From this line on wheels pull the device packages of every GPU (pytorch/pytorch#194498)."""


def is_heavy_rocm(build: str) -> bool:
    return build.startswith("rocm") and version_key(build.removeprefix("rocm")) >= HEAVY_ROCM


def version_key(version: str) -> tuple[int, ...]:
    """Numbers of a version, for comparing drivers, libcs and releases that hold only numbers."""
    return tuple(int(part) for part in re.findall(r"\d{1,18}", version.split("+")[0]))


class Row(Record):
    """Base of all rows: a row with an unknown field is refused when decoded."""


class Build(Row):
    status: Status
    libc: str | None = None
    """The lowest glibc."""
    arch_list: tuple[str, ...] | None = None
    ptx: tuple[str, ...] | None = None
    arch_status: Status | None = None
    source: str | None = None


class IndexPython(Row):
    """Python tags that only the wheel index has, and for which builds they were seen."""

    tags: tuple[str, ...]
    builds: tuple[str, ...]
    status: Status
    note: str | None = None


class Platform(Row):
    python: tuple[str, ...]
    default: str | None
    """The build that the default package index serves under the bare name; None where it has none."""
    builds: dict[str, Build]
    on_default_index: bool = True
    index_python: IndexPython | None = None
    macos: str | None = None
    mps_macos: str | None = None


class Release(Row):
    version: str
    date: str
    requires_python: str
    platforms: dict[str, Platform]
    torchvision: str | None
    torchaudio: str | None
    numpy2: bool
    pins: dict[str, str]
    source: tuple[str, ...]


class Releases(Row):
    as_of: str
    sources: dict[str, str]
    releases: tuple[Release, ...]


class ArchRow(Row):
    build: str
    platform: str
    first: str
    last: str | None
    """None in an open row: releases that came after the others are taken to be built alike."""
    sm: tuple[str, ...] | None
    ptx: tuple[str, ...] | None
    status: Status
    basis: str
    source: str | tuple[str, ...] | None = None
    not_in: tuple[str, ...] = ()
    note: str | None = None


class ArchRows(Row):
    as_of: str
    rows: tuple[ArchRow, ...]


class CondaForge(Row):
    """conda-forge's builds: the newest release that was seen there, and from which on there are older ones.

    It builds each CUDA major once for a release, under whatever Python and system its own packages have.
    """

    as_of: str
    sources: dict[str, str]
    oldest: str
    release: Release
    rows: tuple[ArchRow, ...]


class DriverFamily(Row):
    cuda: str
    linux: str
    windows: str


class ToolkitDriver(Row):
    toolkit: str
    cuda: str
    linux: str | None
    windows: str | None


class Branch(Row):
    """A driver branch; `last_for_capability` is the highest compute capability that ends with it."""

    branch: str
    type: str | None = None
    max_cuda: str | None = None
    last_for: str | None = None
    last_for_capability: str | None = None
    first_for: str | None = None
    source: str | tuple[str, ...] | None = None
    note: str | None = None


class FirstDriver(Row):
    capability: str
    linux: str
    windows: str
    source: str


class Drivers(Row):
    as_of: str
    source: str
    minor_version_source: tuple[str, ...]
    families: tuple[DriverFamily, ...]
    toolkits: tuple[ToolkitDriver, ...]
    branches: tuple[Branch, ...]
    first_driver: tuple[FirstDriver, ...]
    limits: tuple[str, ...]


class DriverFloor(Row):
    version: str
    source: str


class GpuRow(Row):
    cc: str
    arch: str
    patterns: tuple[str, ...]
    note: str | None = None
    source: str | None = None


class GpuRows(Row):
    as_of: str
    rows: tuple[GpuRow, ...]


class RocmBuild(Row):
    rocm: str
    gfx: tuple[str, ...]
    status: Status
    source: str
    unusable: tuple[str, ...] = ()
    unusable_note: str | None = None


class Override(Row):
    """A value of HSA_OVERRIDE_GFX_VERSION that makes a GPU pass as another; `served_as` is that one."""

    value: str
    served_as: str
    state: Literal["common", "inferred"]
    source: str


class Rocm(Row):
    as_of: str
    builds: tuple[RocmBuild, ...]
    overrides: dict[str, Override]
    names: dict[str, tuple[str, ...]]
    integrated: tuple[str, ...]
    source: str
    windows: str


class Chip(Row):
    """A PCI device: the chip's name and what a build must serve."""

    name: str
    compute_capability: str | None = None
    gfx: str | None = None
    xpu: bool = False
    integrated: bool = False
