"""The nominations of a text, best first; what the facts of a machine say to each decides between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from envsetup.errors.match import WORTH, Nomination, nominated
from envsetup.model import Confidence, Evidence, Fix, OsName, Record
from envsetup.rules.decision import Decision, Ruling

_LINE = 100
"""Characters that count as one place: what stands closer together wasn't told one after the other."""
_BY_WORTH: dict[int, Confidence] = {worth: confidence for confidence, worth in WORTH.items()}
_CHANGE: dict[Ruling, int] = {"confirmed": 1, "undecided": 0, "contradicted": -1}


class Match(Record):
    """A rule that a text speaks for."""

    code: str
    slug: str
    title: str
    confidence: Confidence
    matched: str
    """The words of the text that say so, at most 200 characters."""
    ask: str = ""
    fixes: tuple[Fix, ...] = ()
    decided: Ruling | None = None
    """What the facts of the machine say to it; None where none were given."""
    reason: str = ""
    """In words why."""
    facts: tuple[Evidence, ...] = ()
    """The facts that say so."""


def match_error(text: str) -> tuple[Match, ...]:
    """Rules that the text speaks for, best first, by the text alone."""
    return ranked(nominated(text))


def ranked(
    nominations: Iterable[Nomination],
    decisions: Mapping[str, Decision] | None = None,
    system: OsName | None = None,
    *,
    surely: bool = True,
) -> tuple[Match, ...]:
    """Best first; with decisions (by code, see `rules.decision`) the facts of a machine decide.

    Unless the text surely comes from that machine, a fact can speak for a rule, and between rules of
    the same worth, and not take away from what the text says. Else nothing is left that can't be on
    its `system`.
    """
    decided = decisions or {}
    weighed = [
        (_worth(one, decided.get(one.rule.code), surely), one)
        for one in nominations
        if not (surely and decided and system is not None and system not in one.rule.platforms)
    ]
    return tuple(
        _match(one, worth, decided.get(one.rule.code)) for worth, one in _ordered(weighed, decided)
    )


def _worth(one: Nomination, decision: Decision | None, surely: bool) -> int:
    """What the facts confirm is worth more, what they deny less; a guess stays one."""
    change = _CHANGE[decision.ruling] if decision else 0
    change = change if surely else max(0, change)
    return one.worth + (min(0, change) if one.guess else change)


def _ordered(
    weighed: Iterable[tuple[int, Nomination]], decided: Mapping[str, Decision]
) -> list[tuple[int, Nomination]]:
    """By worth; a cause before its effects, what facts contradict behind what they don't.

    Then what was told first, as the rest follows from it, and by how much of the text speaks for it.
    """

    def told(one: Nomination) -> tuple[int, int, str]:
        return (one.position // _LINE, -len(one.words), one.rule.code)

    ranked = sorted(weighed, key=lambda pair: (-pair[0], told(pair[1])))
    effects = {code for _, one in ranked for code in one.rule.suppresses}

    def place(pair: tuple[int, Nomination]) -> tuple[int, int, bool, bool]:
        worth, one = pair
        decision = decided.get(one.rule.code)
        denied = decision is not None and decision.ruling == "contradicted"
        return (-worth, one.guess or 0, one.rule.code in effects, denied)

    return sorted(ranked, key=place)


def _match(one: Nomination, worth: int, decision: Decision | None) -> Match:
    rule = one.rule
    return Match(
        code=rule.code,
        slug=rule.slug,
        title=rule.title,
        confidence=_BY_WORTH[min(3, max(1, worth))],
        matched=one.words[:200],
        ask=rule.ask,
        fixes=(decision.fixes if decision else ()) or rule.fixes,
        decided=decision.ruling if decision else None,
        reason=decision.reason if decision else "",
        facts=decision.facts if decision else (),
    )
