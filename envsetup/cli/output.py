"""Writing what a command answers: to standard output, or atomically to a file."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import click

from envsetup.cli.exits import Exit, Failure


def write_text(path: str, text: str) -> None:
    """Writes a file whole or not at all, keeping an existing file until the new one is there.

    A symbolic link keeps pointing where it did; a device or pipe is written to, never replaced.
    Raises Failure (exit 2) naming the path where it can't be written.
    """
    target = Path(os.path.realpath(path))
    try:
        # By the path as given: a pipe behind /dev/stdout has no name of its own.
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
            return
        handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(scratch, 0o666 & ~mask)
            os.replace(scratch, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(scratch)
            raise
    except OSError as error:
        why = error.strerror or str(error)
        raise Failure(
            f"can't write {path}: {why}. Give --output a file in a folder that you may write to.",
            Exit.USAGE,
        ) from error


def look() -> dict[str, int | bool]:
    """How wide standard output is and whether it can show more than ASCII: options of the text format."""
    columns = shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 80
    return {"width": max(40, min(columns, 100)), "unicode": _encodes("✓☠")}


def _encodes(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


_ANSWERS: list[int] = []
"""Lengths of what went to standard output, in characters."""


def has_answered() -> bool:
    """Whether anything of an answer has gone to standard output."""
    return bool(_ANSWERS)


def emit(text: str, output: str | None) -> None:
    """The answer of a command: to `output` where given, else to standard output."""
    ending = "" if text.endswith("\n") or not text else "\n"
    if output and output != "-":
        write_text(output, text + ending)
    else:
        _ANSWERS.append(len(text))
        encoding = sys.stdout.encoding or "ascii"
        shown = text + ending
        click.echo(
            shown if _encodes(shown) else shown.encode(encoding, "replace").decode(encoding),
            nl=False,
        )
