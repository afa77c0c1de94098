"""A pasted text as lines without what the paste put around them."""

from __future__ import annotations

import html
import re
from itertools import islice
from typing import TypeVar

from envsetup.model import Known, Machine, Source, Unreadable
from envsetup.probes.pasted.wrapping import unwrapped

T = TypeVar("T")

LONGEST_LINE = 4000
MOST_LINES = 200_000
LONGEST_WHOLE = 4_000_000
"""Characters of a text that is read whole; of a longer one, what stands around its environments."""
BEFORE, AFTER = 100_000, 400_000
MARK = re.compile(
    r"(?i:PyTorch version)|CUDA used to build PyTorch|GPU models and configuration|NVIDIA-SMI|NVSMI LOG"
    r"|(?:CUDA|GPU) available|PyTorch: \d"
)
TAG = re.compile(
    r"</?(?:br|p|pre|code|div|li|ul|tr|td|details|summary)\b[^<>]{0,200}>"
    r"|Collecting environment information\.\.\.",
    re.IGNORECASE,
)
"""What HTML puts between lines, and collect_env before its first one."""
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f\u200b\u200e\u200f\ufeff]")
BOLD = re.compile(r"^(?:[*+-]\s{1,4})?\*\*(.{1,80}?)\*\*")
QUOTE = re.compile(r"^[>\s]{0,40}")
ANSI = re.compile(r"\x1b\[[\d;]{0,20}[A-Za-z]")

SOURCE = Source(kind="text", ref="pasted text")
UNTOLD = Unreadable(error="not in the pasted text", source=SOURCE)


def decoded(data: bytes) -> str:
    """Text of unknown encoding: what a byte order mark names (PowerShell writes UTF-16), else UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    wide = data[:400].count(0) * 3 > len(data[:400])
    if wide:
        return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le", "replace")
    return data.decode("utf-8", "replace")


def relevant(text: str) -> str:
    """A long log reduced to what stands around each environment printed in it; its ends where none is.

    Bounds the work on a log of any length; one environment a worker is plenty, so the first ones count.
    """
    if len(text) <= LONGEST_WHOLE:
        return text
    kept: list[str] = []
    end = room = 0
    for mark in MARK.finditer(text):
        if mark.start() < end - AFTER // 2:
            continue
        start = max(end, mark.start() - BEFORE)
        end = mark.start() + AFTER
        kept.append(text[start:end])
        room += end - start
        if room > LONGEST_WHOLE:
            break
    half = LONGEST_WHOLE // 2
    return "\n".join(kept) if kept else text[:half] + "\n" + text[-half:]


def cleaned(text: str) -> tuple[str, ...]:
    """Lines without quote marks, log prefixes, colours and HTML entities; each cut to a sane length."""
    text = relevant(text)
    if "&" in text:
        text = html.unescape(text)
    text = TAG.sub("\n", CONTROL.sub("", text))
    rows = unwrapped(text.replace("\r\n", "\n").replace("\r", "\n"))
    return tuple(_bare(row[:LONGEST_LINE]) for row in islice(rows, MOST_LINES))


def _bare(line: str) -> str:
    line = ANSI.sub("", line).replace("\u00a0", " ")
    line = QUOTE.sub("", line) if line.lstrip().startswith(">") else line.strip()
    return BOLD.sub(r"\1", line).removeprefix("- ").strip().strip("`")


def told(value: T) -> Known[T]:
    return Known(value=value, source=SOURCE)


def nothing_told() -> dict[str, object]:
    """Every field of a machine, untold."""
    return dict.fromkeys(Machine.__struct_fields__, UNTOLD)
