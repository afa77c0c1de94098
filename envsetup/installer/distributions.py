"""The distributions that are installed in an environment, with what must be known to put them back."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, distributions

from envsetup.model import Record


class Held(Record):
    """An installed distribution, as it can be put back."""

    name: str
    version: str
    files: tuple[str, ...]
    """Absolute paths, after RECORD."""
    url: str | None = None
    """Where it came from, if from no index (PEP 610)."""
    editable: bool = False
    doubt: str | None = None
    """Why putting it back can't be promised."""


def installed(site_packages: Sequence[str]) -> dict[str, Held]:
    """What the folders hold, by normalised name, the first of a name first."""
    found: dict[str, Held] = {}
    for one in all_installed(site_packages):
        found.setdefault(normal(one.name), one)
    return found


def all_installed(site_packages: Sequence[str]) -> Iterator[Held]:
    """What the folders hold; a name may come twice, where an installation was cut off."""
    for one in distributions(path=list(site_packages)):
        name = _name(one)
        if name:
            yield _held(one, name)


def _name(one: Distribution) -> str | None:
    """The name of a distribution; None where its metadata is torn, which each Python tells otherwise."""
    try:
        return one.metadata["Name"] or None
    except (KeyError, TypeError, AttributeError, OSError):
        return None


def normal(name: str) -> str:
    """The name as packages are compared by: lower case, runs of -_. as one dash."""
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)


def _held(one: Distribution, name: str) -> Held:
    url, editable = _origin(one)
    manager = (one.read_text("INSTALLER") or "").strip()
    recorded = one.read_text("RECORD")
    doubt = None
    if manager == "conda":
        doubt = "conda installed it, and its own records are not put back"
    elif not recorded:
        doubt = "it has no list of its files (RECORD)"
    elif editable:
        doubt = f"it is an editable install: its link is put back, not what is built in {url}"
    paths = [str(one.locate_file(f)) for f in one.files or ()] if recorded else []
    files = tuple(os.path.normpath(os.path.abspath(p)) for p in paths)
    return Held(
        name=name, version=one.version, files=files, url=url, editable=editable, doubt=doubt
    )


def _origin(one: Distribution) -> tuple[str | None, bool]:
    try:
        told = json.loads(one.read_text("direct_url.json") or "{}")
        return told.get("url"), bool(told.get("dir_info", {}).get("editable"))
    except (ValueError, AttributeError):
        return None, False
