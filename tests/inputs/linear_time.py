"""Says which regular expressions can take more than linear time: Python's engine tries again by going back.

Three things make it so. A repeat that may stop anywhere, since what follows takes the same characters
(`.*b`); two of them make a square (`.*b.*c`). A repeat that is reached from every start of a search
(`\\d+x` in a long number). A repeat in a repeat, or alternatives in one, that can divide the same text
in several ways (`(?:a+)*`): that is exponential. A repeat with a bound of its own costs a constant,
which must not be large.

Character sets are compared on an alphabet: ASCII, the characters of the pattern, and some of each kind
beyond. What is said is on the safe side: a pattern that passes is linear.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

if sys.version_info >= (3, 11):
    from re import _compiler as compiler
    from re import _constants as sre
    from re import _parser as parser
else:
    import sre_compile as compiler
    import sre_constants as sre
    import sre_parse as parser

ALPHABET = "".join(map(chr, range(128))) + "\x85\xa0éßİıſK中：²٣\u2028\U0001f600"
CHEAP = 40_000
"""Steps a character that a pattern may take by its bounds together."""
UNBOUNDED = 2_000
"""A bound from here on is none."""

Chars = frozenset[str]
ENDS = ("at AT_END", "at AT_END_STRING")
NONE: Chars = frozenset()


class Loop(NamedTuple):
    """A repeat, with what its place in the pattern makes of it."""

    most: int
    divides: bool
    """Whether it can stop in several places: what follows takes what it takes, and may fail late."""
    restarts: bool
    """Whether a search reaches it from every place of what it takes."""
    again: bool
    """Whether a repeat before it that divides reaches it from every place of what it takes."""


class Trouble(NamedTuple):
    degree: int
    """The power of the text's length that it takes at worst; 99 is exponential."""
    constant: int
    """The product of the bounds of repeats that divide."""


def cost(loops: Sequence[Loop]) -> Trouble:
    """What the repeats of a pattern, in their order, come to together."""
    endless = [one for one in loops if one.most >= UNBOUNDED]
    dividing = sum(one.divides for one in endless)
    beside = any(one.again and not one.divides for one in endless)
    restarts = any(one.restarts for one in endless)
    bounded = [one for one in loops if one.most < UNBOUNDED]
    constant = math.prod(one.most for one in bounded if one.divides)
    constant *= max((one.most for one in bounded if one.again and not one.divides), default=1)
    longest = max((one.most for one in bounded if one.restarts), default=1)
    return Trouble(max(1, dividing + beside) + restarts, max(constant, longest))


class Flat(NamedTuple):
    """A piece of a pattern: a character, an assertion, alternatives or a repeat."""

    kind: str
    chars: Chars = NONE
    least: int = 1
    most: int = 1
    inner: tuple[tuple[Flat, ...], ...] = ()


class Place(NamedTuple):
    """Where a piece stands."""

    before: tuple[Flat, ...] = ()
    after: tuple[Flat, ...] = ()
    looping: bool = False
    """Whether it is in a repeat."""
    fails: bool = False
    """Whether something after the outermost repeat around it may fail."""
    divided: int | None = None
    """How many pieces stood before it where the last repeat that divides ended."""


class Analysis:
    def __init__(self, pattern: re.Pattern[str] | re.Pattern[bytes]) -> None:
        text = pattern.pattern
        self.flags = pattern.flags
        source = text if isinstance(text, str) else text.decode("latin-1")
        flags = self.flags & ~re.UNICODE if isinstance(text, bytes) else self.flags
        self.tree = parser.parse(source, flags & ~re.DEBUG)
        self.bytes = isinstance(text, bytes)
        self.alphabet = sorted({*ALPHABET, *source} if not self.bytes else map(chr, range(256)))
        self.groups: dict[int, tuple[Flat, ...]] = {}
        self.loops: list[Loop] = []
        self.exponential = False

    def trouble(self) -> Trouble:
        self.walk(self.flat(self.tree.data), Place())
        return Trouble(99, 1) if self.exponential else cost(self.loops)

    # -- the pattern as pieces -------------------------------------------------------------------

    def flat(self, nodes: Sequence[tuple[Any, Any]]) -> tuple[Flat, ...]:
        found: list[Flat] = []
        for op, value in nodes:
            for piece in self.piece(op, value):
                if not (piece.kind in ENDS and found and self.is_anything(found[-1])):
                    found.append(piece)
        return tuple(found)

    def is_anything(self, one: Flat) -> bool:
        """A repeat that takes all to the end, so that the end is there."""
        return (
            one.kind == "repeat"
            and one.most >= UNBOUNDED
            and self.takes(one.inner[0]) >= set(self.alphabet)
        )

    def piece(self, op: Any, value: Any) -> Iterator[Flat]:
        if op in (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY, sre.CATEGORY):
            yield Flat("char", self.chars_of(op, value))
        elif op is sre.SUBPATTERN:
            inner = self.flat(value[-1])
            self.groups[value[0]] = inner
            yield from inner
        elif op is sre.BRANCH:
            yield Flat("either", inner=tuple(self.flat(one) for one in value[1]))
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT) or str(op) == "POSSESSIVE_REPEAT":
            least, most, body = value
            most = UNBOUNDED if most is sre.MAXREPEAT else int(most)
            yield Flat("repeat", NONE, int(least), most, (self.flat(body),))
        elif str(op) == "ATOMIC_GROUP":
            yield from self.flat(value)
        elif op in (sre.ASSERT, sre.ASSERT_NOT):
            direction, body = value
            # What is looked at behind is what can't stand there (ASSERT_NOT) or must.
            if direction < 0:
                yield Flat(
                    "behind-not" if op is sre.ASSERT_NOT else "behind", self.only(self.flat(body))
                )
            else:
                yield Flat("ahead", inner=(self.flat(body),))
        elif op is sre.AT:
            yield Flat(f"at {value}")
        elif op is sre.GROUPREF:
            yield Flat("repeat", NONE, 0, UNBOUNDED, ((Flat("char", frozenset(self.alphabet)),),))
        elif op is sre.GROUPREF_EXISTS:
            _, yes, no = value
            yield Flat("either", inner=(self.flat(yes), self.flat(no or [])))
        else:
            raise AssertionError(f"unknown to the analysis: {op}")

    def only(self, pieces: tuple[Flat, ...]) -> Chars:
        """The characters of what is one character long; none else."""
        if len(pieces) == 1 and pieces[0].kind == "char":
            return pieces[0].chars
        if len(pieces) == 1 and pieces[0].kind == "either":
            alone = [self.only(one) for one in pieces[0].inner]
            return frozenset().union(*alone) if all(alone) else NONE
        return NONE

    def chars_of(self, op: Any, value: Any) -> Chars:
        state = parser.State()
        state.flags = self.flags & ~re.DEBUG
        one = parser.SubPattern(state, [(op, value)])
        fits = compiler.compile(one, self.flags & ~re.DEBUG).fullmatch
        try:
            return frozenset(c for c in self.alphabet if fits(c))
        except TypeError:
            return frozenset(c for c in self.alphabet if fits(c.encode("latin-1")))

    # -- what pieces can begin with, take, and whether they can be nothing --------------------------

    def nullable(self, pieces: Sequence[Flat]) -> bool:
        return all(self.empty(one) for one in pieces)

    def empty(self, one: Flat) -> bool:
        if one.kind == "char":
            return False
        if one.kind == "either":
            return any(self.nullable(way) for way in one.inner)
        if one.kind == "repeat":
            return one.least == 0 or self.nullable(one.inner[0])
        return True

    def first(self, pieces: Sequence[Flat]) -> Chars:
        found = NONE
        for one in pieces:
            if one.kind == "char":
                return found | one.chars
            if one.kind in ("either", "repeat"):
                found |= frozenset().union(*(self.first(way) for way in one.inner))
            if not self.empty(one):
                break
        return found

    def takes(self, pieces: Sequence[Flat]) -> Chars:
        found = NONE
        for one in pieces:
            found |= one.chars if one.kind == "char" else NONE
            if one.kind in ("either", "repeat"):
                found |= frozenset().union(*(self.takes(way) for way in one.inner))
        return found

    def may_fail(self, pieces: Sequence[Flat]) -> bool:
        """Whether something must be there, or is looked at."""
        return any(one.kind not in ("either", "repeat") or not self.empty(one) for one in pieces)

    # -- what a repeat's place makes of it -----------------------------------------------------------

    def walk(self, pieces: Sequence[Flat], place: Place) -> None:
        for at, one in enumerate(pieces):
            here = place._replace(
                before=(*place.before, *pieces[:at]), after=(*pieces[at + 1 :], *place.after)
            )
            if not place.looping:
                here = here._replace(fails=self.may_fail(here.after))
            if one.kind == "ahead":  # tried once, and never again in another way
                self.walk(one.inner[0], Place(before=here.before, divided=place.divided))
            elif one.kind == "either":
                self.either(one, here)
            elif one.kind == "repeat":
                divides = self.repeat(one, here)
                if divides:
                    place = place._replace(divided=len(here.before) + 1)

    def either(self, one: Flat, here: Place) -> None:
        starts = [self.first([*way, *here.after]) for way in one.inner]
        alike = any(a & b for i, a in enumerate(starts) for b in starts[i + 1 :])
        if here.looping and here.fails and alike and not self.told_apart(one.inner):
            self.exponential = True
        before, worst = self.loops, list[Loop]()
        for way in one.inner:
            self.loops = []
            self.walk(way, here)
            worst = max(worst, self.loops, key=cost)
        self.loops = [*before, *worst]

    def told_apart(self, ways: Sequence[Sequence[Flat]]) -> bool:
        """Whether alternatives that begin alike take fixed words that differ: one way fits at most."""
        words = [self.word(way) for way in ways]
        if any(word is None for word in words):
            return False
        whole = [w for w in words if w is not None]
        return not any(
            all(x & y for x, y in zip(a, b, strict=False))
            for i, a in enumerate(whole)
            for b in whole[i + 1 :]
        )

    def word(self, pieces: Sequence[Flat]) -> list[Chars] | None:
        return [p.chars for p in pieces] if all(p.kind == "char" for p in pieces) else None

    def repeat(self, one: Flat, here: Place) -> bool:
        """Whether it divides."""
        body = one.inner[0]
        chars, begins = self.takes(body), self.first(body)
        varies = one.most > one.least
        meets = varies and bool(begins & self.first(here.after))
        if meets and here.looping and here.fails:
            self.exponential = True
        divides = meets and self.may_fail(here.after) and not self.pinned(here.after, chars)
        if varies:
            fails = self.may_fail(here.after)
            since = () if here.divided is None else here.before[here.divided :]
            self.loops.append(
                Loop(
                    max(one.most, 2),
                    divides,
                    fails and one.most > 1 and not self.held(here.before, chars),
                    fails and here.divided is not None and not self.held(since, chars),
                )
            )
        inside = here._replace(looping=here.looping or one.most > 8)
        if one.most > 1:
            once_more = Flat("repeat", least=0, most=UNBOUNDED, inner=(body,))
            inside = inside._replace(after=(once_more, *here.after))
        self.walk(body, inside)
        return divides

    def pinned(self, rest: Sequence[Flat], chars: Chars) -> bool:
        """Whether a fixed word follows with a character in it that the repeat can't take."""
        for one in rest:
            if one.kind in ("either", "repeat"):
                return False
            if one.kind == "char" and not one.chars & chars:
                return True
        return False

    def held(self, past: Sequence[Flat], chars: Chars) -> bool:
        """Whether something before keeps a search from coming here from each of these characters."""
        for one in reversed(past):
            if one.kind == "char" and not one.chars & chars:
                return True
            if one.kind == "repeat" and one.least > 0 and not self.takes(one.inner[0]) & chars:
                return True
            if one.kind == "either" and all(self.held(way, chars) for way in one.inner):
                return True
            if one.kind == "behind-not" and chars <= one.chars:
                return True
            if one.kind == "behind" and one.chars and not one.chars & chars:
                return True
            if one.kind in ("at AT_BEGINNING_STRING",):
                return True
            if one.kind == "at AT_BEGINNING":
                return not self.flags & re.MULTILINE or "\n" not in chars
            if one.kind == "at AT_BOUNDARY":
                words = frozenset(c for c in self.alphabet if c.isalnum() or c == "_")
                return chars <= words or not chars & words
        return False


def trouble_of(pattern: re.Pattern[str] | re.Pattern[bytes]) -> Trouble:
    return Analysis(pattern).trouble()
