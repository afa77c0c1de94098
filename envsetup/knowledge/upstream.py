"""Reads the pages of the wheel index that tell of new releases, each with a verdict of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urljoin, urlsplit

from envsetup.host.http import PAGE_LIMIT_S, Page, fetch
from envsetup.knowledge.questions import Knowledge
from envsetup.knowledge.records import INDEX, Releases
from envsetup.knowledge.refresh import Seen, builds_to_ask, merged, newer_companions
from envsetup.knowledge.wheels import NotAnIndex, Wheel, pinned_torch, wheels_on
from envsetup.model import Record

AT_ONCE = 4
COMPANIONS = ("torchvision", "torchaudio")
MOST_METADATA = 6
"""Metadata files read for one companion: pages hold years of releases, only the newest matter."""

ALWAYS_THERE = "cpu"
"""The build that every index has: where its page is missing the index is not what it should be."""

Fetch = Callable[[str, float], Page]


class Verdict(Record):
    """What came of one page."""

    url: str
    read: bool
    said: str
    expected: bool = True
    """Whether its absence is a failure: pages of builds that may not exist yet are only tried."""


class Upstream(Record):
    """What the index says now."""

    releases: Releases
    changes: tuple[str, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def whole(self) -> bool:
        """Whether every page that must be there was read, and any at all."""
        return any(v.read for v in self.verdicts) and all(
            v.read for v in self.verdicts if v.expected
        )


def read_upstream(
    known: Releases,
    knowledge: Knowledge,
    *,
    base: str = INDEX,
    today: str,
    limit_s: float = 60.0,
    ask: Fetch = fetch,
) -> Upstream:
    """The releases with what the pages add; a page that can't be read changes no row.

    `today` (ISO date) becomes the date of the knowledge where every page was read. Ends within about
    `limit_s` seconds.
    """
    until = time.monotonic() + limit_s
    must, may = builds_to_ask(knowledge)
    pages = [(build, "torch", True) for build in must] + [(build, "torch", False) for build in may]
    pages += [("cpu", name, False) for name in COMPANIONS]
    read = _read(base.rstrip("/"), pages, until, ask)
    seen = [one for _, found in read for one in found]
    pins = _pins(known, [one.wheel for one in seen], base.rstrip("/"), until, ask)
    releases, changes = merged(known, knowledge, seen, pins)
    upstream = Upstream(releases=releases, changes=changes, verdicts=tuple(v for v, _ in read))
    if not upstream.whole:
        return upstream
    return Upstream(
        releases=_dated(releases, base, today), changes=changes, verdicts=upstream.verdicts
    )


def _dated(releases: Releases, base: str, today: str) -> Releases:
    sources = {**releases.sources, "index": f"{base}, read on {today}"}
    return Releases(as_of=today, sources=sources, releases=releases.releases)


def _read(
    base: str, pages: Iterable[tuple[str, str, bool]], until: float, ask: Fetch
) -> list[tuple[Verdict, tuple[Seen, ...]]]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [
            pool.submit(_one, f"{base}/{build}/{name}/", build, expected, until, ask)
            for build, name, expected in pages
        ]
        return [one.result() for one in asked]


def _one(
    url: str, build: str, expected: bool, until: float, ask: Fetch
) -> tuple[Verdict, tuple[Seen, ...]]:
    left = until - time.monotonic()
    if left <= 0:
        said = "not asked: the time for all pages was over"
        return Verdict(url=url, read=False, said=said, expected=expected), ()
    page = ask(url, min(left, PAGE_LIMIT_S))
    if page.missing and build != ALWAYS_THERE:
        return Verdict(url=url, read=False, said="no such page", expected=False), ()
    if page.text is None:
        said = page.error or "no answer"
        return Verdict(url=url, read=False, said=said, expected=expected), ()
    try:
        wheels = wheels_on(page.text)
    except NotAnIndex as error:
        return Verdict(url=url, read=False, said=f"no index page: {error}", expected=expected), ()
    mine = tuple(Seen(wheel=w, page=url, build=w.build or build) for w in wheels)
    other = [s for s in mine if s.wheel.build not in (None, build)]
    if other:
        said = f"lists wheels of {other[0].build}, which it shouldn't"
        return Verdict(url=url, read=False, said=said, expected=expected), ()
    return Verdict(url=url, read=True, said=f"{len(mine)} wheels", expected=expected), mine


def _pins(
    known: Releases, wheels: list[Wheel], base: str, until: float, ask: Fetch
) -> dict[tuple[str, str], str]:
    """For each newer companion the torch that it pins, from its own metadata beside the file."""
    found: dict[tuple[str, str], str] = {}
    for name in COMPANIONS:
        have = [v for r in known.releases if (v := getattr(r, name))]
        fresh = list(newer_companions(wheels, name, have))[-MOST_METADATA:]
        for wheel in fresh:
            left = until - time.monotonic()
            page = f"{base}/cpu/{name}/"
            address = urljoin(page, wheel.href.split("#")[0]) + ".metadata"
            if left <= 0 or urlsplit(address)[:2] != urlsplit(page)[:2]:
                continue
            told = ask(address, min(left, PAGE_LIMIT_S)).text
            torch = pinned_torch(told) if told is not None else None
            if torch is not None:
                found[torch, name] = wheel.version
    return found
