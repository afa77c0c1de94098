"""From an error message, a traceback or a whole log to the rules that it nominates, in no order.

Each symptom is looked up by the longest literal part of its pattern, a plain substring search; only
the surroundings of a hit are given to the regular expression. So the time is linear in the text,
whatever the text. Where no symptom says more than a hint, the rules whose pages are most like the
text follow, with low confidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from envsetup.errors.disambiguate import ruled_out
from envsetup.errors.literals import forgiving, literals
from envsetup.errors.normalize import ESCAPES, FlatText, normalize
from envsetup.errors.similar import similar
from envsetup.model import Confidence, Record
from envsetup.rules import Rule, Symptom
from envsetup.rules.registry import all_rules

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge

LONGEST_GUESSED = 100_000
"""The same where words are merely compared."""
_AROUND = 600
"""Characters before and after a literal that its pattern may see."""
_MOST_HITS = 40
"""Places looked at per literal: a message repeated more often than that says nothing new."""
WORTH: dict[Confidence, int] = {"high": 3, "medium": 2, "low": 1}


class Nomination(Record):
    """A rule with the words of a text that speak for it."""

    rule: Rule
    worth: int
    words: str
    position: int
    guess: int | None = None
    """Place among the pages that are merely similar (1 is best); None where a symptom was found."""


def nominated(text: str, knowledge: Knowledge | None = None) -> tuple[Nomination, ...]:
    """Rules that the text speaks for, in no order; knowledge tells how old a GPU named in it is."""
    flat = normalize(text)
    hits = [hit for one in all_rules() if (hit := _best_hit(one, flat)) is not None]
    if all(hit.worth == WORTH["low"] for hit in hits):
        hits += _guesses(text, flat, {hit.rule.code for hit in hits})
    without = ruled_out(flat.text, {hit.rule.code: hit.position for hit in hits}, knowledge)
    return tuple(hit for hit in hits if hit.rule.code not in without)


def _guesses(text: str, flat: FlatText, known: set[str]) -> Iterator[Nomination]:
    clean = ESCAPES.sub(" ", text[-LONGEST_GUESSED:])
    near = (one for one in similar(clean) if one.rule.code not in known)
    for place, one in enumerate(near, 1):
        if not any(_found(p, flat) for p in one.rule.excludes):
            yield Nomination(
                rule=one.rule, worth=WORTH["low"], words=one.words, position=0, guess=place
            )


def _best_hit(one: Rule, flat: FlatText) -> Nomination | None:
    found = [h for s in one.symptoms if (h := _first_hit(one, s, flat)) is not None]
    if not found or any(_found(p, flat) for p in one.excludes):
        return None
    return max(found, key=lambda h: (h.worth, len(h.words), -h.position))


def _first_hit(one: Rule, symptom: Symptom, flat: FlatText) -> Nomination | None:
    found = _found(symptom.pattern, flat)
    if found is None:
        return None
    words, position = found
    return Nomination(rule=one, worth=WORTH[symptom.confidence], words=words, position=position)


def _found(pattern: str, flat: FlatText) -> tuple[str, int] | None:
    """The first match of a pattern, as its words and its place."""
    compiled = _compiled(pattern)
    for literal in literals(pattern):
        if not flat.may_hold(literal):
            continue
        for start, window in _windows(literal, flat):
            if match := compiled.search(window):
                return match.group(0), start + match.start()
    return None


def _windows(literal: str, flat: FlatText) -> Iterator[tuple[int, str]]:
    at = flat.lowered.find(literal)
    for _ in range(_MOST_HITS):
        if at < 0:
            return
        start = max(0, at - _AROUND)
        yield start, flat.text[start : at + len(literal) + _AROUND]
        # Beyond this window at once: what a window holds has been seen.
        at = flat.lowered.find(literal, at + len(literal) + _AROUND // 2)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(forgiving(pattern), re.IGNORECASE)
