"""Small readers that probes share."""

from __future__ import annotations

from typing import Any

from envsetup.host import Host
from envsetup.model import Absent, Fact, Known, Source, Unreadable

Facts = dict[str, Fact[Any]]
"""Facts by their field of Machine; each field has a type of its own, which no type of a dict can say."""


def line(host: Host, path: str) -> str | None:
    """The stripped text of a small file, None where it can't be read."""
    fact = host.read(path, 65536)
    return fact.value.strip() if isinstance(fact, Known) else None


def file_source(path: str) -> Source:
    return Source(kind="file", ref=path)


def api_source(ref: str) -> Source:
    return Source(kind="api", ref=ref)


def number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None


def first_known(*facts: Fact[str]) -> Fact[str]:
    """The first fact that is known; else the first unreadable; else absent with all that was tried."""
    for kind in (Known, Unreadable):
        for fact in facts:
            if isinstance(fact, kind):
                return fact
    return Absent(tried=tuple(s for f in facts if isinstance(f, Absent) for s in f.tried))
