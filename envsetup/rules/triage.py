"""From an error message, a traceback or a whole log to the rules that it speaks for, best first.

The text is flattened once (escapes and line breaks become spaces). Each symptom is looked up by the
longest literal part of its pattern, a plain substring search; only the surroundings of a hit are
given to the regular expression. So the time is linear in the text, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from envsetup.model import Confidence, Fix, Known, Machine, Record
from envsetup.rules import Rule, Symptom, all_rules, judge_all

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge

LONGEST_TEXT = 64 * 1024 * 1024
"""Characters looked at; of a longer log the end counts, where the failure stands."""
_AROUND = 600
"""Characters before and after a literal that its pattern may see."""
_MOST_HITS = 40
"""Places looked at per literal: a message repeated more often than that says nothing new."""
_WORTH: dict[Confidence, int] = {"high": 3, "medium": 2, "low": 1}
_BY_WORTH: dict[int, Confidence] = {3: "high", 2: "medium", 1: "low"}
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[^\[]|[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " "})


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


class _Hit(Record):
    rule: Rule
    worth: int
    words: str
    position: int


def match_error(
    text: str, machine: Machine | None = None, knowledge: Knowledge | None = None
) -> tuple[Match, ...]:
    """Rules that the text speaks for, best first; with a machine, its facts decide between them."""
    flat = _flatten(text)
    lowered = flat.lower()
    hits = [h for one in all_rules() if (h := _best_hit(one, flat, lowered)) is not None]
    hits = [h for h in hits if h.rule.code not in _ruled_out_by_numbers(flat)]
    if machine is not None:
        hits = _weighed_by_facts(hits, machine, knowledge)
    return tuple(_match(h) for h in _ordered(hits))


def _flatten(text: str) -> str:
    """One line without control characters, whose lower-case form has the same length."""
    flat = " ".join(_ESCAPES.sub(" ", text[-LONGEST_TEXT:]).translate(_QUOTES).split())
    if len(flat.lower()) != len(flat):
        flat = flat.encode("ascii", "replace").decode("ascii")
    return flat


def _best_hit(one: Rule, flat: str, lowered: str) -> _Hit | None:
    found = [h for s in one.symptoms if (h := _first_hit(one, s, flat, lowered)) is not None]
    if not found or any(_found(p, flat, lowered) for p in one.excludes):
        return None
    return max(found, key=lambda h: (h.worth, len(h.words), -h.position))


def _first_hit(one: Rule, symptom: Symptom, flat: str, lowered: str) -> _Hit | None:
    found = _found(symptom.pattern, flat, lowered)
    if found is None:
        return None
    words, position = found
    return _Hit(rule=one, worth=_WORTH[symptom.confidence], words=words, position=position)


def _found(pattern: str, flat: str, lowered: str) -> tuple[str, int] | None:
    """The first match of a pattern, as its words and its place."""
    compiled = _compiled(pattern)
    for literal in literals(pattern):
        for start, window in _windows(literal, flat, lowered):
            if match := compiled.search(window):
                return match.group(0), start + match.start()
    return None


def _windows(literal: str, flat: str, lowered: str) -> Iterator[tuple[int, str]]:
    at = lowered.find(literal)
    for _ in range(_MOST_HITS):
        if at < 0:
            return
        start = max(0, at - _AROUND)
        yield start, flat[start : at + len(literal) + _AROUND]
        # Beyond this window at once: what a window holds has been seen.
        at = lowered.find(literal, at + len(literal) + _AROUND // 2)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


@cache
def literals(pattern: str) -> tuple[str, ...]:
    """For each top-level alternative of a pattern the longest text that every match of it holds.

    Raises ValueError where an alternative has none of three characters: such a symptom can't be
    looked up cheaply, and says too little anyway.
    """
    longest = tuple(max(_runs(part), key=len, default="") for part in _alternatives(pattern))
    if any(len(one) < 3 for one in longest):
        raise ValueError(f"no literal of three characters in every alternative of {pattern!r}")
    return longest


_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[:=!]|\(\?<[=!]|\{\d*,?\d*\}|[*+?]\??|.", re.DOTALL
)


def _tokens(pattern: str) -> list[str]:
    return _TOKEN.findall(pattern)


def _alternatives(pattern: str) -> Iterator[str]:
    depth, part = 0, ""
    for token in _tokens(pattern):
        depth += token.startswith("(") - (token == ")")
        if token == "|" and depth == 0:
            yield part
            part = ""
        else:
            part += token
    yield part


def _runs(pattern: str) -> Iterator[str]:
    """Runs of literal characters outside groups, classes and repeats, in lower case."""
    depth, run = 0, ""
    for token in _tokens(pattern):
        depth += token.startswith("(") - (token == ")")
        plain = _plain(token) if depth == 0 else None
        if plain is not None:
            run += plain
            continue
        optional = token[0] in "*?{"
        yield run[:-1] if optional else run
        run = ""
    yield run


def _plain(token: str) -> str | None:
    """The character that a token stands for, None where it stands for more than one."""
    if len(token) == 2 and token[0] == "\\":
        return None if token[1].isalnum() else token[1]
    return token.lower() if len(token) == 1 and token not in "()[]{}*+?.^$|" else None


_INCOMPATIBLE = re.compile(r"capability sm_(\d{2,3})[a-z]? is not compatible", re.IGNORECASE)
_SUPPORTED = re.compile(
    r"supports (?:the )?(?:CUDA capabilities )?((?:sm_\d{2,3}[a-z]?[ ,]*){1,30})"
)
_NEWEST_FLOOR = 75
"""The lowest capability that the newest builds still carry: from here on "too old" can't be meant."""


def _ruled_out_by_numbers(flat: str) -> frozenset[str]:
    """`not compatible` is said of GPUs too new and too old alike; the numbers beside it tell."""
    gpu = _INCOMPATIBLE.search(flat)
    if gpu is None:
        return frozenset()
    listed = _SUPPORTED.search(flat, gpu.end())
    numbers = [int(n) for n in re.findall(r"sm_(\d{2,3})", listed.group(1))] if listed else []
    too_new = int(gpu.group(1)) > max(numbers) if numbers else int(gpu.group(1)) >= _NEWEST_FLOOR
    return frozenset({"AR102"} if too_new else {"AR101"})


def _weighed_by_facts(
    hits: Iterable[_Hit], machine: Machine, knowledge: Knowledge | None
) -> list[_Hit]:
    """Drops what can't be on this system; raises what the facts confirm, lowers what they deny."""
    from msgspec.structs import replace

    system = machine.os.value if isinstance(machine.os, Known) else None
    left = [h for h in hits if system is None or system in h.rule.platforms]
    if knowledge is None:
        return left
    findings, undecided = judge_all(machine, knowledge, [h.rule for h in left])
    confirmed, open_still = {f.code for f in findings}, {u.code for u in undecided}
    weighed = []
    for hit in left:
        code = hit.rule.code
        decided_against = hit.rule.judge and code not in confirmed and code not in open_still
        change = 1 if code in confirmed else -1 if decided_against else 0
        weighed.append(replace(hit, worth=hit.worth + change))
    return weighed


def _ordered(hits: Iterable[_Hit]) -> list[_Hit]:
    """By worth, then by how much of the text speaks for it; a cause stands before its effects."""
    ranked = sorted(hits, key=lambda h: (-h.worth, -len(h.words), h.position, h.rule.code))
    effects = {code for h in ranked for code in h.rule.suppresses}
    by_worth = sorted(ranked, key=lambda h: (-h.worth, h.rule.code in effects))
    return by_worth


def _match(hit: _Hit) -> Match:
    one = hit.rule
    return Match(
        code=one.code,
        slug=one.slug,
        title=one.title,
        confidence=_BY_WORTH[min(3, max(1, hit.worth))],
        matched=hit.words[:200],
        ask=one.ask,
        fixes=one.fixes,
    )
