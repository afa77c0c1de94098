"""What rules about mounts that refuse to run code share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envsetup.model import Evidence, Filesystem, Machine
from envsetup.rules import fact_evidence


def is_noexec(place: Filesystem) -> bool:
    return "noexec" in place.options


def noexec_places(
    storage: Iterable[Filesystem], role: str, machine: Machine
) -> Iterator[tuple[Filesystem, Evidence]]:
    """Each place of that role on such a mount, with the fact that says so."""
    for place in storage:
        if place.role == role and is_noexec(place):
            yield place, fact_evidence(machine, "storage", f"{place.path}: noexec")
