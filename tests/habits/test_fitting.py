"""Prose on a terminal: broken between words at any width, code never."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from envsetup.cli.output import fitted

WORDS = st.text("ab c-`", max_size=200)
LINES = st.lists(st.tuples(st.sampled_from(["", "  ", "  - ", "    "]), WORDS), max_size=6)


@given(lines=LINES, width=st.integers(40, 100))
def test_no_word_is_lost_broken_or_added(lines: list[tuple[str, str]], width: int) -> None:
    text = "\n".join(indent + words for indent, words in lines)

    shown = fitted(text, width)

    assert shown.split() == text.split()
    for line in shown.split("\n"):
        longest = max((len(w) for w in re.findall(r"`[^`]*`\S*|\S+", line)), default=0)
        assert len(line) <= max(width, longest + width // 2 + 2)


def test_what_follows_is_set_in() -> None:
    assert fitted("  several words that go on", 16) == "  several words\n    that go on"
    assert fitted("several words that go on", 16, hang=0) == "several words\nthat go on"
    assert fitted("  - several words that go on", 16) == "  - several\n    words that\n    go on"
    assert fitted("name  some words of it", 16) == "name  some words\n      of it"


def test_code_is_left_to_be_copied() -> None:
    command = "python -m pip install torch==2.15.0"
    fenced = f"```text\n{command}\n```"

    assert fitted(f"  {command}", 20, whole=[command]) == f"  {command}"
    assert fitted(fenced, 20) == fenced
    assert f"`{command}`" in fitted(f"run `{command}` in a shell of its own", 20)


def test_what_fits_stays_as_it_is() -> None:
    assert fitted("a  table   of   words", 40) == "a  table   of   words"
