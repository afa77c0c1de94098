"""What somebody meant whose word is none of those that are there."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean …?` with the nearest word; empty where none is near."""
    from difflib import get_close_matches

    near = get_close_matches(word.strip().lower()[:80], list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]}?" if near else ""
