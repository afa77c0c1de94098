"""Rules that no fact decides, with the reason: an error text alone brings them up."""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.rules import Rule, all_rules

RUNNING = "It happens inside your own program while that runs: only its message tells."
OUTSIDE = "It ends a container before anything in it can look; what tells it is the host's."
BUILDING = "It happens while something is built or installed, and leaves nothing to look at."
NETWORK = "Telling it takes the network, which a diagnosis leaves alone."
ELSEWHERE = "It takes the facts of another machine than the one under examination."
NO_FAULT = "It is no fault: to say it of each healthy machine would be noise."
NOT_READ = "What would tell it isn't read yet: it takes a look that no probe has so far."

REASONS: dict[str, str] = {
    "AB109": BUILDING,
    "AB108": RUNNING,
    "AB110": BUILDING,
    "CP107": RUNNING,
    "CP109": RUNNING,
    "CT102": OUTSIDE,
    "CT104": OUTSIDE,
    "CT112": OUTSIDE,
    "CU116": RUNNING,
    "DL101": RUNNING,
    "DS104": NETWORK,
    "DS107": ELSEWHERE,
    "DS108": ELSEWHERE,
    "LC101": NO_FAULT,
    "LC102": NO_FAULT,
    "MC105": RUNNING,
    "MC108": RUNNING,
    "NW101": NETWORK,
    "NW104": NETWORK,
    "NW106": NETWORK,
    "ST106": NO_FAULT,
    "TC108": BUILDING,
    "WH113": BUILDING,
    "WN105": RUNNING,
}
DECIDED_OTHERWISE = frozenset({"RQ101"})
"""Without a judge, and no less decided: by what `--require` states."""


def reason_for(one: Rule) -> str | None:
    """Why no fact decides it; None where facts do."""
    if one.judge is not None or one.code in DECIDED_OTHERWISE:
        return None
    return REASONS.get(one.code, NOT_READ)


def undecidable() -> Iterator[tuple[str, tuple[Rule, ...]]]:
    """Each reason with its rules, the inherent ones first."""
    for reason in (RUNNING, OUTSIDE, BUILDING, NETWORK, ELSEWHERE, NO_FAULT, NOT_READ):
        rules = tuple(r for r in all_rules() if reason_for(r) == reason)
        if rules:
            yield reason, rules
