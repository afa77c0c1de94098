"""Findings in the order of their weight, and what hangs under each: all that it explains."""

from __future__ import annotations

from collections.abc import Iterable

from envsetup.model import Finding

WEIGHT = {"error": 0, "warning": 1, "note": 2}


def by_weight(findings: Iterable[Finding]) -> list[Finding]:
    """Errors first, what another explains last."""
    return sorted(findings, key=lambda f: (f.suppressed_by is not None, WEIGHT[f.severity]))


def followers(findings: Iterable[Finding]) -> dict[str, tuple[str, ...]]:
    """Code of a finding that stands on its own to `CODE slug` of those under it, each once."""
    given = tuple(findings)
    above = {f.code: f.suppressed_by for f in given if f.suppressed_by}
    found: dict[str, dict[str, None]] = {}
    for one in given:
        if one.suppressed_by:
            found.setdefault(_top(one.code, above), {})[f"{one.code} {one.slug}"] = None
    return {code: tuple(names) for code, names in found.items()}


def _top(code: str, above: dict[str, str]) -> str:
    """The last cause on the way up; a circle, as a report from elsewhere may hold, ends it too."""
    seen = {code}
    while code in above and above[code] not in seen:
        code = above[code]
        seen.add(code)
    return code
