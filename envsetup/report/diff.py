"""Two reports compared by meaning: what a maintainer would ask about, not which bytes differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from statistics import median

from msgspec.structs import replace

from envsetup.model import Finding, Outcome, Record, Report, Severity
from envsetup.report.summary import grouped, summary

SLOWER_BY = 2.0
"""What takes this many times longer than before, and …"""
NOISE_S = 0.5
"""… this much longer, is slower by more than what busy machines vary."""
ENOUGH_TO_COMPARE = 3
"""Checks of a device from which on their median says how busy the machine was."""
WEIGHTS: dict[str, Severity] = {
    "failed": "error",
    "crashed": "error",
    "timed-out": "error",
    "not-started": "error",
    "flaky": "warning",
}
"""The severity that a check's status counts as; passed and skipped have none."""
RANK = {None: -1, "note": 0, "warning": 1, "error": 2, "never": 3}


class Change(Record):
    what: str
    """fact, finding, check or time."""
    name: str
    before: str | None
    after: str | None
    severity: Severity | None = None
    """How much it weighs that this came; None where it is no turn for the worse."""

    @property
    def worse(self) -> bool:
        return RANK[self.severity] >= RANK["warning"]


def compare(before: Report, after: Report) -> tuple[Change, ...]:
    """All that changed, the worst first; both reports redacted alike, or paths differ by that alone."""
    found = (*_facts(before, after), *_findings(before, after), *_checks(before, after))
    timed = _times(before, after)
    return tuple(sorted((*found, *timed), key=lambda c: -RANK[c.severity]))


def weighing(before: Report | None, after: Report, fail_on: str) -> list[Change]:
    """What is new at or above a severity; without a report to compare with, everything is."""
    least = RANK[fail_on]
    return [c for c in compare(before or _blank(after), after) if RANK[c.severity] >= least]


def _blank(report: Report) -> Report:
    """As if nothing had been found and nothing had run on that same machine."""
    return replace(report, findings=(), checks=())


# -- facts ---------------------------------------------------------------------------------------


def _facts(before: Report, after: Report) -> Iterator[Change]:
    old, new = summary(before.machine), summary(after.machine)
    for key in old:
        if old[key] != new[key]:
            words = _words(old[key]), _words(new[key])
            weight = _fact_weight(key, old[key], new[key])
            yield Change(what="fact", name=key, before=words[0], after=words[1], severity=weight)


def _fact_weight(key: str, old: object, new: object) -> Severity | None:
    """CUDA or a GPU gone, a CPU build in place of one for a GPU, an older driver.

    What isn't known in either report has not changed for the worse: a quick look doesn't ask torch.
    """
    if old is None or new is None:
        return None
    match key:
        case "cuda_available":
            lost = bool(old) and not new
        case "gpus":
            lost = isinstance(old, list) and isinstance(new, list) and len(new) < len(old)
        case "torch_backend":
            lost = new == "cpu" != old
        case "driver" | "driver_cuda":
            return "warning" if _older(str(new), str(old)) else None
        case _:
            lost = False
    return "error" if lost else None


def _older(new: str, old: str) -> bool:
    """By the parts that both versions give: 580.65 is not older than 580.65.06."""
    pairs = zip(re.findall(r"\d+", new), re.findall(r"\d+", old), strict=False)
    return next((int(a) < int(b) for a, b in pairs if int(a) != int(b)), False)


def _words(value: object) -> str | None:
    if isinstance(value, list):
        return grouped(" ".join(str(v) for v in gpu.values() if v) for gpu in value) or "none"
    return None if value is None else str(value)


# -- findings ------------------------------------------------------------------------------------


def _findings(before: Report, after: Report) -> Iterator[Change]:
    """New is what the other report held neither openly nor as explained by another finding."""
    old = {_mark(f): f for f in sorted(before.findings, key=_weight)}
    new = {_mark(f) for f in after.findings}
    for mark, one in old.items():
        if mark not in new and not one.suppressed_by:
            yield Change(what="finding", name=one.code, before=one.message, after=None)
    for one in after.findings:
        was = old.get(_mark(one))
        if not one.suppressed_by and (was is None or _weight(was) < _weight(one)):
            before_words = was.message if was else None
            yield Change(
                what="finding",
                name=one.code,
                before=before_words,
                after=one.message,
                severity=one.severity,
            )


def _weight(finding: Finding) -> int:
    return RANK[finding.severity]


def _mark(finding: Finding) -> tuple[str, str | None]:
    """What tells findings apart: the code, and what it is about."""
    return _today(finding.code), finding.subject


@cache
def _today(code: str) -> str:
    """The code that a renamed rule has now."""
    from envsetup.rules.registry import renamed

    now = renamed(code)
    return now.code if now else code


# -- checks --------------------------------------------------------------------------------------


def _checks(before: Report, after: Report) -> Iterator[Change]:
    old = {(o.id, o.device): o for o in before.checks}
    new = {(o.id, o.device): o for o in after.checks}
    for key in {**old, **new}:
        was, now = old.get(key), new.get(key)
        statuses = was.status if was else None, now.status if now else None
        if statuses[0] != statuses[1]:
            weight, weighed = (WEIGHTS.get(s or "") for s in (statuses[1], statuses[0]))
            yield Change(
                what="check",
                name=f"{key[0]} on {key[1]}",
                before=statuses[0],
                after=statuses[1],
                severity=weight if RANK[weight] > RANK[weighed] else None,
            )


def _times(before: Report, after: Report) -> Iterator[Change]:
    """What takes longer; what slows all checks of a device alike is told once, as the device's."""
    old = {(o.id, o.device): o for o in before.checks if o.status == "passed"}
    for device in dict.fromkeys(o.device for o in after.checks):
        mine = [o for o in after.checks if o.device == device and o.status == "passed"]
        pairs = [(old[key], now) for now in mine if (key := (now.id, now.device)) in old]
        slowdown = 1.0
        if len(pairs) >= ENOUGH_TO_COMPARE:
            slowdown = max(1.0, median(_ratio(was, now) for was, now in pairs))
            was_s, now_s = (sum(one[i].duration_s for one in pairs) for i in (0, 1))
            yield from _slower(f"all checks on {device}", was_s, now_s, 1.0)
        for was, now in pairs:
            yield from _slower(f"{now.id} on {device}", was.duration_s, now.duration_s, slowdown)


def _ratio(was: Outcome, now: Outcome) -> float:
    return now.duration_s / was.duration_s if was.duration_s > 0 else 1.0


def _slower(name: str, was_s: float, now_s: float, slowdown: float) -> Iterator[Change]:
    expected_s = was_s * slowdown
    if now_s > max(SLOWER_BY * expected_s, expected_s + NOISE_S):
        words = f"{was_s:.2f} s", f"{now_s:.2f} s"
        yield Change(what="time", name=name, before=words[0], after=words[1], severity="warning")
