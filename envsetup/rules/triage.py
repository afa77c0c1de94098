"""From an error message, a traceback or a whole log to the rules that it speaks for, best first.

The text is flattened once (escapes and line breaks become spaces). Each symptom is looked up by the
longest literal part of its pattern, a plain substring search; only the surroundings of a hit are
given to the regular expression. So the time is linear in the text, whatever the text. Where no symptom
says more than a hint, the rules whose pages are most like the text follow, with low confidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from envsetup.model import Confidence, Evidence, Fix, Known, Machine, Record
from envsetup.rules import Rule, Symptom, all_rules
from envsetup.rules.alike import alike
from envsetup.rules.decided import Decision, Word, decide
from envsetup.rules.numbers import ruled_out
from envsetup.rules.shells import for_machine
from envsetup.rules.tongues import IN_ENGLISH

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge

LONGEST_TEXT = 64 * 1024 * 1024
"""Characters looked at; of a longer log the end counts, where the failure stands."""
LONGEST_GUESSED = 100_000
"""The same where words are merely compared."""
_AROUND = 600
"""Characters before and after a literal that its pattern may see."""
_LINE = 100
"""Characters that count as one place: what stands closer together wasn't told one after the other."""
_MOST_HITS = 40
"""Places looked at per literal: a message repeated more often than that says nothing new."""
_WORTH: dict[Confidence, int] = {"high": 3, "medium": 2, "low": 1}
_BY_WORTH: dict[int, Confidence] = {3: "high", 2: "medium", 1: "low"}
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[^\[]|[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_SPACE = re.compile(r"\s")
_BLOCK = 1 << 20
"""Characters split into words at a time."""
_PLAINER = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "：": ": ", "（": "(", "）": ")", "，": ", "}
)
_LED = re.compile(
    r"^[ \t]*(?:\([^()\n]{0,40}\bpid=\d{1,9}[^()\n]{0,60}\)[ \t]*)?"
    r"(?:(?:ERROR|WARNING|INFO|DEBUG) \d\d-\d\d [\d:]{8} \[?[\w.]{1,60}:\d{1,6}\][ \t]*)?"
    r"(?:\[rank ?\d{1,6}\]:[ \t]*)?",
    re.MULTILINE,
)
"""What a launcher of several processes puts before each line: also in the middle of a message."""
_DRESSED = re.compile(
    r"&(?:#0?39|#x27|apos|quot|lt|gt|amp|nbsp);|\\+(?=['\"])|\\n(?=\s|[A-Z][A-Za-z]{1,40}Error\b)"
)
"""What a page or a JSON string makes of quotes, brackets and line breaks."""
_UNDRESSED = {
    **dict.fromkeys(("&#39;", "&#039;", "&#x27;", "&apos;"), "'"),
    "&quot;": '"',
    "&lt;": "<",
    "&gt;": ">",
    "&amp;": "&",
    "&nbsp;": " ",
    "\\n": " ",
}
_PADDING = frozenset({">", "|", "│", "┃", "❱", "...", "…", "[...]"})
"""Words that quoting, tables and shortening put between the words of a message."""


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
    decided: Word | None = None
    """What the facts of the machine say to it; None where none were given."""
    reason: str = ""
    """In words why."""
    facts: tuple[Evidence, ...] = ()
    """The facts that say so."""


class Hit(Record):
    """A rule with the words of a text that speak for it."""

    rule: Rule
    worth: int
    words: str
    position: int
    guess: int = 0
    """Place among those that are merely alike (1 is best); 0 where a symptom was found."""
    decision: Decision | None = None


def match_error(
    text: str, machine: Machine | None = None, knowledge: Knowledge | None = None
) -> tuple[Match, ...]:
    """Rules that the text speaks for, best first; with a machine, its facts decide between them."""
    return ranked(recognised(text, knowledge), machine, knowledge)


def recognised(text: str, knowledge: Knowledge | None = None) -> tuple[Hit, ...]:
    """Rules that the text speaks for, in no order; knowledge tells how old a GPU named in it is."""
    flat = _flattened(text)
    hits = [hit for one in all_rules() if (hit := _best_hit(one, flat)) is not None]
    if all(hit.worth == _WORTH["low"] for hit in hits):
        hits += _guesses(text, flat, {hit.rule.code for hit in hits})
    without = ruled_out(flat.text, {hit.rule.code: hit.position for hit in hits}, knowledge)
    return tuple(hit for hit in hits if hit.rule.code not in without)


def _guesses(text: str, flat: _Flat, known: set[str]) -> Iterator[Hit]:
    clean = _ESCAPES.sub(" ", text[-LONGEST_GUESSED:])
    near = (one for one in alike(clean) if one.rule.code not in known)
    for place, one in enumerate(near, 1):
        if not any(_found(p, flat) for p in one.rule.excludes):
            yield Hit(rule=one.rule, worth=_WORTH["low"], words=one.words, position=0, guess=place)


def ranked(
    hits: Iterable[Hit],
    machine: Machine | None = None,
    knowledge: Knowledge | None = None,
    *,
    surely: bool = True,
) -> tuple[Match, ...]:
    """Best first; with a machine, its facts decide.

    Where it isn't sure that the text comes from that machine, a fact can speak for a rule, and between
    rules of the same worth, and not take away from what the text says.
    """
    if machine is not None and knowledge is not None:
        hits = _weighed_by_facts(hits, machine, knowledge, surely)
    here = machine or Machine()
    return tuple(_match(h, here) for h in _ordered(hits))


class _Flat(NamedTuple):
    """A text on one line without control characters, whose lower-case form has the same length."""

    text: str
    lowered: str
    words: frozenset[str]
    """Its words in lower case, each once; those without a letter are left out."""
    listed: str
    """The words one after the other, with a space around each."""

    def may_hold(self, literal: str) -> bool:
        """False where the words alone show that a literal isn't there: cheaper than a search of all."""
        first, *inner = [w if w.lower() != w.upper() else "" for w in literal.split(" ")]
        if not inner:
            return first in self.listed
        *inner, last = inner
        # Whole words first: a look into the set, where the ends of the literal take a search.
        whole = all(not w or w in self.words for w in inner)
        return whole and f"{first} " in self.listed and f" {last}" in self.listed


def _blocks(text: str) -> Iterator[list[str]]:
    """The words of a text, block by block: all at once they take ten times its memory."""
    start = 0
    while start < len(text):
        cut = _SPACE.search(text, start + _BLOCK)
        end = cut.end() if cut else len(text)
        yield text[start:end].split()
        start = end


def _flattened(text: str) -> _Flat:
    clean = _ESCAPES.sub(" ", text[-LONGEST_TEXT:]).translate(_PLAINER)
    clean = _LED.sub("", clean)
    clean = _DRESSED.sub(lambda dress: _UNDRESSED.get(dress[0], ""), clean)
    said = (" ".join(w for w in block if w not in _PADDING) for block in _blocks(clean))
    flat = " ".join(part for part in said if part)
    lowered = flat.lower()
    if len(lowered) != len(flat):
        flat = flat.encode("ascii", "replace").decode("ascii")
        lowered = flat.lower()
    words = frozenset(w for block in _blocks(lowered) for w in set(block) if w != w.upper())
    return _in_english(_Flat(flat, lowered, words, f" {' '.join(words)} "))


def _in_english(flat: _Flat) -> _Flat:
    """The text with the system's messages as the symptoms name them, whatever its language."""
    text, ascii_only = flat.text, flat.text.isascii()
    for said, english in IN_ENGLISH.items():
        if (said.isascii() or not ascii_only) and flat.may_hold(said) and said in flat.lowered:
            text = re.sub(re.escape(said), english, text, flags=re.IGNORECASE)
    return flat if text == flat.text else _flattened(text)


def _best_hit(one: Rule, flat: _Flat) -> Hit | None:
    found = [h for s in one.symptoms if (h := _first_hit(one, s, flat)) is not None]
    if not found or any(_found(p, flat) for p in one.excludes):
        return None
    return max(found, key=lambda h: (h.worth, len(h.words), -h.position))


def _first_hit(one: Rule, symptom: Symptom, flat: _Flat) -> Hit | None:
    found = _found(symptom.pattern, flat)
    if found is None:
        return None
    words, position = found
    return Hit(rule=one, worth=_WORTH[symptom.confidence], words=words, position=position)


def _found(pattern: str, flat: _Flat) -> tuple[str, int] | None:
    """The first match of a pattern, as its words and its place."""
    compiled = _compiled(pattern)
    for literal in literals(pattern):
        if not flat.may_hold(literal):
            continue
        for start, window in _windows(literal, flat):
            if match := compiled.search(window):
                return match.group(0), start + match.start()
    return None


def _windows(literal: str, flat: _Flat) -> Iterator[tuple[int, str]]:
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
    return re.compile(_forgiving(pattern), re.IGNORECASE)


_COLON = re.compile(r"(?<!\(\?): ")
_QUOTE = re.compile(r"""(?<!\[)(['"])(?![?*+{\]])""")


def _forgiving(pattern: str) -> str:
    """The pattern with its colons and quotes optional: who retells a message leaves them out."""
    return _QUOTE.sub("[\"']?", _COLON.sub(":? ", pattern))


@cache
def literals(pattern: str) -> tuple[str, ...]:
    """For each top-level alternative of a pattern the longest text that every match of it holds.

    Raises ValueError where an alternative has none of three characters: such a symptom can't be
    looked up cheaply, and says too little anyway.
    """
    parts = _alternatives(_forgiving(pattern))
    longest = tuple(max(_runs(part), key=len, default="") for part in parts)
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


_CHANGE: dict[Word, int] = {"confirmed": 1, "undecided": 0, "contradicted": -1}


def _weighed_by_facts(
    hits: Iterable[Hit], machine: Machine, knowledge: Knowledge, surely: bool
) -> list[Hit]:
    """Drops what can't be on this system; raises what the facts confirm, lowers what they deny.

    Unless the text surely comes from the machine, nothing is dropped or lowered. A guess stays one.
    """
    from msgspec.structs import replace

    given = list(hits)
    decisions = decide([h.rule for h in given], machine, knowledge)
    weighed = []
    for hit in given:
        decision = decisions[hit.rule.code]
        if surely and _elsewhere(hit.rule, machine):
            continue
        change = _CHANGE[decision.word]
        change = change if surely else max(0, change)
        change = min(0, change) if hit.guess else change
        weighed.append(replace(hit, worth=hit.worth + change, decision=decision))
    return weighed


def _elsewhere(one: Rule, machine: Machine) -> bool:
    return isinstance(machine.os, Known) and machine.os.value not in one.platforms


def _ordered(hits: Iterable[Hit]) -> list[Hit]:
    """By worth; a cause before its effects, what facts contradict behind what they don't.

    Then what was told first, as the rest follows from it, and by how much of the text speaks for it.
    """
    ranked = sorted(hits, key=lambda h: (-h.worth, h.position // _LINE, -len(h.words), h.rule.code))
    effects = {code for h in ranked for code in h.rule.suppresses}
    return sorted(ranked, key=lambda h: (-h.worth, h.guess, h.rule.code in effects, _denied(h)))


def _denied(hit: Hit) -> bool:
    return hit.decision is not None and hit.decision.word == "contradicted"


def _match(hit: Hit, machine: Machine) -> Match:
    one, decision = hit.rule, hit.decision
    fixes = (decision.fixes if decision else ()) or one.fixes
    return Match(
        code=one.code,
        slug=one.slug,
        title=one.title,
        confidence=_BY_WORTH[min(3, max(1, hit.worth))],
        matched=hit.words[:200],
        ask=one.ask,
        fixes=for_machine(fixes, machine),
        decided=decision.word if decision else None,
        reason=decision.reason if decision else "",
        facts=decision.facts if decision else (),
    )
