"""Whether an installation or a setup of envsetup was begun in an environment and has not ended."""

from __future__ import annotations

import json
import posixpath

from envsetup.host import Host
from envsetup.model import Absent, Fact, Known, Python, Unfinished, Unreadable
from envsetup.probes.readers import file_source

JOURNAL = ".envsetup-restore"
"""Folder beside the folders of packages: what an installation has replaced so far."""
MANIFEST = "manifest.json"
"""Its list; without one nothing was changed yet, or all had ended."""
MARKER = ".envsetup.json"
"""File in the folder of an environment that `envsetup setup` made: whether it came to its end."""


def read(host: Host, target: Fact[Python]) -> Fact[Unfinished]:
    """`installation` or `setup`, what was begun; absent where nothing is left of either."""
    if not isinstance(target, Known):
        return target if isinstance(target, Unreadable) else Absent()
    place = _place(host, target.value)
    names = host.list(place) if place else Absent()
    if isinstance(names, Unreadable):
        return names
    if isinstance(names, Known) and MANIFEST in names.value:
        return Known(value="installation", source=file_source(f"{place}/{MANIFEST}"))
    path = f"{target.value.prefix}/{MARKER}" if target.value.in_venv else None
    marker = host.read(path) if path else Absent()
    if isinstance(marker, Unreadable):
        return marker
    if path and says_incomplete(marker):
        return Known(value="setup", source=file_source(path))
    return Absent(tried=tuple(map(file_source, filter(None, (place, path)))))


def _place(host: Host, python: Python) -> str | None:
    """Where a journal lies: beside the folder of packages, links followed."""
    if not python.site_packages:
        return None
    packages = python.site_packages[0]
    real = host.realpath(packages)
    folder = posixpath.dirname(real.value if isinstance(real, Known) else packages)
    return posixpath.join(folder, JOURNAL)


def says_incomplete(marker: Fact[str]) -> bool:
    """Whether a marker, as it was read, is of a setup that has not ended."""
    if not isinstance(marker, Known):
        return False
    try:
        told = json.loads(marker.value)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and told.get("state") == "incomplete"
