"""What options or a project demand of a run: which findings and checks, what must be there, what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from envsetup.cli.output import say

if TYPE_CHECKING:
    from envsetup.doctor.requirements import Need
    from envsetup.model import LeftOut, Settings


def stated(key: str, given: Sequence[str], settings: Settings | None) -> tuple[str, Sequence[str]]:
    """Who states it, an option or a file, and what; an option has already beaten the file."""
    in_file = getattr(settings, key, None)
    if settings is None or in_file is None:
        return f"--{key}", given
    return f"{settings.file}: tool.envsetup.{key}", in_file


def left_out_by(
    select: Sequence[str], ignore: Sequence[str], settings: Settings | None, *, project_may: bool
) -> tuple[LeftOut, ...]:
    """The wishes that leave something out. Raises click.UsageError for a project's that it may not have."""
    from envsetup.model import LeftOut

    found = []
    for how, option in (("ignore", ignore), ("select", select)):
        by, words = stated(how, option, settings)
        if words and not by.startswith("--") and not project_may:
            raise click.UsageError(
                f"{by} leaves findings out, and --no-project-ignore forbids it. Take {how!r} out."
            )
        if words:
            found.append(LeftOut(how=how, words=tuple(words), by=by))  # type: ignore[arg-type]
    return tuple(found)


def checked_words(where: str, given: Sequence[str]) -> tuple[str, ...]:
    """The words of a selection. Raises click.UsageError for one that names nothing."""
    words = dict.fromkeys(w.strip() for word in given for w in word.split(",") if w.strip())
    if words:
        from envsetup.doctor import unknown_word
        from envsetup.rules.registry import renamed

        unknown = unknown_word(words)
        if unknown is not None:
            raise click.UsageError(
                f"{where} {unknown[:80]!r}: neither a check (see `envsetup checks`) "
                "nor the beginning of a finding's code. Take it out, or name one that is there."
            )
        for word in words:
            if (now := renamed(word)) is not None:
                say(f"warning: {where} {word}: is called {now.code} now")
    return tuple(words)


def needs_of(where: str, texts: Sequence[str]) -> tuple[Need, ...]:
    if not texts:
        return ()
    from envsetup.doctor.requirements import NeedError, read_need

    try:
        return tuple(read_need(t) for t in texts)
    except NeedError as error:
        raise click.UsageError(f"{where} {error}") from error
