"""Whether an installation or a setup of envsetup was begun in an environment and has not ended."""

from __future__ import annotations

import json
import posixpath

from envsetup.host import Host
from envsetup.model import Absent, Fact, Known, Python, Source, Unreadable
from envsetup.probes.readers import file_source

JOURNAL = ".envsetup-restore"
"""Folder beside the folders of packages: what an installation has replaced so far."""
MANIFEST = "manifest.json"
"""Its list; without one nothing was changed yet, or all had ended."""
MARKER = ".envsetup.json"
"""File in the folder of an environment that `envsetup setup` made: whether it came to its end."""


def read(host: Host, target: Fact[Python]) -> Fact[str]:
    """`installation` or `setup`, what was begun; absent where nothing is left of either."""
    if not isinstance(target, Known):
        return target if isinstance(target, Unreadable) else Absent()
    tried: list[Source] = []
    if target.value.site_packages:
        packages = target.value.site_packages[0]
        real = host.realpath(packages)
        folder = posixpath.dirname(real.value if isinstance(real, Known) else packages)
        place = posixpath.join(folder, JOURNAL)
        names = host.list(place)
        if isinstance(names, Known) and MANIFEST in names.value:
            return Known(value="installation", source=file_source(f"{place}/{MANIFEST}"))
        tried.append(file_source(place))
    if target.value.prefix and target.value.in_venv:
        marker = f"{target.value.prefix}/{MARKER}"
        if _cut_off(host.read(marker)):
            return Known(value="setup", source=file_source(marker))
        tried.append(file_source(marker))
    return Absent(tried=tuple(tried))


def _cut_off(marker: Fact[str]) -> bool:
    if not isinstance(marker, Known):
        return False
    try:
        told = json.loads(marker.value)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and told.get("state") == "incomplete"
