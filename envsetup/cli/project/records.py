"""What a project's files say of torch: bounds with their conditions, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click
from msgspec import field

from envsetup.model import Record

PACKAGES = ("torch", "torchvision", "torchaudio")


class Bound(Record):
    """One line on a package of the family."""

    package: str
    specifier: str
    """PEP 440, empty for any version."""
    marker: str = ""
    """PEP 508's condition, empty for always."""


class Found(Record):
    """What one place binds, and what in it can't be taken into a plan."""

    bounds: tuple[Bound, ...] = ()
    left_out: tuple[str, ...] = ()


class Project(Record):
    """All files together. `choices` hold what counts only where it is asked for."""

    always: Found = Found()
    choices: dict[tuple[str, str], Found] = field(default_factory=dict)
    """By kind (`extra` or `group`) and name."""
    pythons: tuple[str, ...] = ()
    """PEP 440 specifiers of the Pythons that it is for."""
    looked_at: tuple[str, ...] = ()


def joined(parts: Iterable[Found]) -> Found:
    parts = tuple(parts)
    return Found(
        bounds=tuple(b for part in parts for b in part.bounds),
        left_out=tuple(dict.fromkeys(text for part in parts for text in part.left_out)),
    )


def wrong(folder: str, what: str, instead: str) -> click.UsageError:
    return click.UsageError(f"--project {folder!r}: {what}; {instead}")


def read_lines(lines: Iterable[str], where: str) -> Found:
    """PEP 508 requirements of the family; lines on other packages are nobody's business here."""
    return joined(_read_line(line, where) for line in lines)


def _read_line(line: str, where: str) -> Found:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        one = Requirement(line)
    except InvalidRequirement:
        return Found()
    name = one.name.lower().replace("_", "-")
    if name not in PACKAGES:
        return Found()
    if one.url:
        return Found(left_out=(f"{where}: {name} comes from an address ({one.url})",))
    return Found(
        bounds=(Bound(package=name, specifier=str(one.specifier), marker=str(one.marker or "")),)
    )


def texts(value: object) -> Iterator[str]:
    """The texts of a list; nothing of what is none."""
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, str))


def table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
