"""Text from outside as it may be shown: no character in it steers a terminal or a reader."""

from __future__ import annotations

import re

CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb"
    "\ufeff\U000e0000-\U000e007f]"
)
"""Control characters but for tab and line feed, and what turns the direction of writing, breaks lines,
or can't be seen and carries text (tags)."""


def plain(text: str) -> str:
    """Text without control characters: nothing in it can steer a terminal."""
    if text.isprintable():  # nearly all, and this is twenty times as fast
        return text
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", encodable(text))


def encodable(text: str) -> str:
    """Text that UTF-8 can hold: lone surrogates, as undecodable file names leave them, become ?."""
    return text.encode("utf-8", "replace").decode("utf-8")


def one_line(text: str) -> str:
    return " ".join(plain(text).split())


def one_word(text: str) -> str:
    """Text that can't break its line, its blanks kept: a word of a command."""
    return plain(text).replace("\n", "\N{REPLACEMENT CHARACTER}").replace("\t", " ")


def json_text(text: str) -> str:
    """JSON that means the same, its control characters written as \\u escapes: they stand in strings alone."""
    return CONTROL.sub(_as_escape, text)


def _as_escape(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
