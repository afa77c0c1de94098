"""Brings an error text into the one form in which symptoms are looked up.

Escapes, line breaks and what launchers, pages and tables put between words become single spaces;
messages of systems in other languages become the English ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from envsetup.errors.translate import IN_ENGLISH

LONGEST_TEXT = 64 * 1024 * 1024
"""Characters looked at; of a longer log the end counts, where the failure stands."""
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[^\[]|[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_SPACE = re.compile(r"\s")
_BLOCK = 1 << 20
"""Characters split into words at a time."""
_PLAINER = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "：": ": ", "（": "(", "）": ")", "，": ", "}
)
_LED = re.compile(
    r"^[ \t]*(?:\([^()\n=]{0,40}\bpid=\d{1,9}[^()\n]{0,60}\)[ \t]*)?"
    r"(?:(?:ERROR|WARNING|INFO|DEBUG) \d\d-\d\d [\d:]{8} \[?[\w.]{1,60}:\d{1,6}\][ \t]*)?"
    r"(?:\[rank ?\d{1,6}\]:[ \t]*)?",
    re.MULTILINE,
)
"""What a launcher of several processes puts before each line: also in the middle of a message."""
_DRESSED = re.compile(
    r"&(?:#0?39|#x27|apos|quot|lt|gt|amp|nbsp);|(?<!\\)\\+(?=['\"])|\\n(?=\s|[A-Z][A-Za-z]{1,40}Error\b)"
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


class FlatText(NamedTuple):
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


def normalize(text: str) -> FlatText:
    """The text as symptoms see it; of one longer than `LONGEST_TEXT` characters the end."""
    clean = ESCAPES.sub(" ", text[-LONGEST_TEXT:]).translate(_PLAINER)
    clean = _LED.sub("", clean)
    clean = _DRESSED.sub(lambda dress: _UNDRESSED.get(dress[0], ""), clean)
    said = (" ".join(w for w in block if w not in _PADDING) for block in _blocks(clean))
    flat = " ".join(part for part in said if part)
    lowered = flat.lower()
    if len(lowered) != len(flat):
        flat = flat.encode("ascii", "replace").decode("ascii")
        lowered = flat.lower()
    words = frozenset(w for block in _blocks(lowered) for w in set(block) if w != w.upper())
    return _in_english(FlatText(flat, lowered, words, f" {' '.join(words)} "))


def _in_english(flat: FlatText) -> FlatText:
    """The text with the system's messages as the symptoms name them, whatever its language."""
    text, ascii_only = flat.text, flat.text.isascii()
    for said, english in IN_ENGLISH.items():
        if (said.isascii() or not ascii_only) and flat.may_hold(said) and said in flat.lowered:
            text = re.sub(re.escape(said), english, text, flags=re.IGNORECASE)
    return flat if text == flat.text else normalize(text)
