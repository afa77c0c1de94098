"""Which findings others explain: the one place where that is decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from envsetup.model import Finding, Severity
from envsetup.rules.definition import Rule

WEIGHT: dict[Severity, int] = {"note": 0, "warning": 1, "error": 2}


def suppress(
    findings: Iterable[Finding], rules: Iterable[Rule], causes: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """Marks each finding that another, present one explains, unless it weighs more than that one.

    What explains what stands in the rules; `causes` adds what this machine's own errors tell: the code
    of the explained to the code of its cause.
    """
    findings, causes = tuple(findings), causes or {}
    by_code = {one.code: one for one in rules}
    weights: dict[str, int] = {}
    for f in findings:
        weights[f.code] = max(weights.get(f.code, 0), WEIGHT[f.severity])

    def above(f: Finding) -> str | None:
        enough = [code for code in sorted(weights) if weights[code] >= WEIGHT[f.severity]]
        direct = (c for c in enough if _explains(c, f, by_code, causes))
        return next(direct, None) or _better(by_code.get(f.code), enough, weights)

    return tuple(replace(f, suppressed_by=above(f)) for f in findings)


def _explains(
    cause: str, f: Finding, by_code: Mapping[str, Rule], causes: Mapping[str, str]
) -> bool:
    by_rule = cause in by_code and f.code in by_code[cause].suppresses
    return cause != f.code and (by_rule or causes.get(f.code) == cause)


def _better(one: Rule | None, codes: Iterable[str], weights: dict[str, int]) -> str | None:
    """The finding before which a catch-all steps back."""
    if one is None or not one.yields_to:
        return None
    serious = (code for code in codes if weights[code] and code != one.code)
    return next((code for code in serious if code.startswith(one.yields_to)), None)
