"""What hangs under each finding: all that it explains, whether directly or by what it explains."""

from __future__ import annotations

from collections.abc import Iterable

from envsetup.model import Finding


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
