"""What nobody looked for, by whose wish: a report that leaves findings out says so in every format."""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Report

SHOWN_WORDS = 20


def left_out_lines(report: Report) -> Iterator[str]:
    """One sentence for each wish."""
    for one in report.left_out:
        shown = ", ".join(one.words[:SHOWN_WORDS])
        more = len(one.words) - SHOWN_WORDS
        words = shown + (f" and {more} more" if more > 0 else "")
        yield (
            f"Left out by {one.by}: {words}."
            if one.how == "ignore"
            else (f"Looked for by {one.by}: {words}, and nothing else.")
        )
