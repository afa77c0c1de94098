"""Patterns take time linear in the text, and no advice tells to do what has just failed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

try:
    from re import _constants as words  # type: ignore[attr-defined]
    from re import _parser as parser  # type: ignore[attr-defined]
except ImportError:  # Python 3.10
    import sre_constants as words
    import sre_parse as parser

from envsetup.errors.rank import match_error
from envsetup.rules import Rule
from envsetup.rules.registry import all_rules, find_rule
from tests.doctor.test_failed_imports import ERRORS

REPEATS = (words.MAX_REPEAT, words.MIN_REPEAT)


def in_turn(pattern: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """What follows each other in a pattern, groups opened."""
    for kind, about in pattern:
        if kind is words.SUBPATTERN:
            yield from in_turn(about[-1])
        else:
            yield kind, about


def piles_up(pattern: Iterable[Any], inside: bool = False) -> bool:
    """Whether a repeat without bound stands beside or inside another."""
    before = False
    for kind, about in in_turn(pattern):
        unbounded = kind in REPEATS and about[1] == words.MAXREPEAT
        if unbounded and (before or inside):
            return True
        parts = [about[2]] if kind in REPEATS else list(about[1]) if kind is words.BRANCH else []
        if any(piles_up(part, inside or unbounded) for part in parts):
            return True
        before = unbounded
    return False


@pytest.mark.parametrize("one", all_rules(), ids=lambda r: r.code)
def test_no_symptom_repeats_without_bound_beside_or_inside_another(one: Rule) -> None:
    patterns = [*(s.pattern for s in one.symptoms), *one.excludes]

    assert [p for p in patterns if piles_up(parser.parse(p))] == []


@pytest.mark.parametrize("bad", [r"\d+\w*", r"(a+)+", r"(?:x|\w*)+", r"\s*(\w+)x?"])
def test_the_sieve_holds_what_it_is_for(bad: str) -> None:
    assert piles_up(parser.parse(bad))


def stopping_the_import() -> set[str]:
    """Rules that a failed import leads to: by its words, or since they explain any such failure."""
    explaining = {r.code for r in all_rules() if "PY113" in r.suppresses}
    return {"PY113"} | explaining | {m.code for _, e in ERRORS for m in match_error(e)}


@pytest.mark.parametrize("code", sorted(stopping_the_import()))
def test_where_importing_torch_fails_no_advice_begins_with_it(code: str) -> None:
    one = find_rule(code)
    assert one is not None
    advice = [one.ask, *(fix.text for fix in one.fixes[:1])]

    assert not [text for text in advice if re.search(r"import torch\b", text)]
