"""A pasted text as lines without what the paste put around them."""

from __future__ import annotations

import html
import re
from typing import TypeVar

from envsetup.model import Known, Machine, Source, Unreadable

T = TypeVar("T")

LONGEST_LINE = 4000
MOST_LINES = 200_000
WORKER = re.compile(r"^\([^()]{1,80}pid=\d{1,10}[^()]{0,80}\)\s?")
"""What Ray puts before each line of a worker."""
QUOTE = re.compile(r"^[>\s]{0,40}")
LOG_PREFIX = re.compile(
    r"^(?:\[?\d{4}-\d\d-\d\d[T ][\d:.,]{5,15}(?:Z|[+-]\d\d:?\d\d)?\]?\s{0,4})?"
    r"(?:(?:INFO|DEBUG|WARNING|ERROR)\s{0,4}[:|]?\s{0,4}(?:\d\d-\d\d [\d:]{8}\s{1,4}\[\S{1,60}\]\s{0,4})?)?"
)
ANSI = re.compile(r"\x1b\[[\d;]{0,20}[A-Za-z]")

SOURCE = Source(kind="text", ref="pasted text")
UNTOLD = Unreadable(error="not in the pasted text", source=SOURCE)


def cleaned(text: str) -> tuple[str, ...]:
    """Lines without quote marks, log prefixes, colours and HTML entities; each cut to a sane length."""
    if "&" in text:
        text = html.unescape(text)
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:MOST_LINES]
    return tuple(_bare(row[:LONGEST_LINE]) for row in rows)


def _bare(line: str) -> str:
    line = ANSI.sub("", line).replace("\u00a0", " ")
    line = QUOTE.sub("", line) if line.lstrip().startswith(">") else line.strip()
    line = WORKER.sub("", line).removeprefix("- ")
    return LOG_PREFIX.sub("", line).strip().strip("`")


def told(value: T) -> Known[T]:
    return Known(value=value, source=SOURCE)


def nothing_told() -> dict[str, object]:
    """Every field of a machine, untold."""
    return dict.fromkeys(Machine.__struct_fields__, UNTOLD)
