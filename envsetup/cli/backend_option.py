"""`--backend`: a build of the knowledge, a family of them, or auto."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge

FAMILIES = ("auto", "cuda", "rocm")


def check_backend(text: str, knowledge: Knowledge) -> None:
    """Raises UsageError, with what was meant, where no release has such a build."""
    rows = (row for r in knowledge.releases for row in r.platforms.values())
    known = list(dict.fromkeys(name for row in rows for name in row.builds))
    if text in FAMILIES or text in known:
        return
    near = difflib.get_close_matches(text.lower(), [*known, *FAMILIES], 3, 0.6)
    meant = f"did you mean {' or '.join(near)}? Else give" if near else "give"
    raise click.UsageError(
        f"--backend {text!r}: not understood; {meant} auto, cpu, xpu, cuda or rocm for any of the "
        "kind, or a build such as cu126 or rocm7.2"
    )
