"""Writing what a command answers: to standard output, or atomically to a file."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Container, Sequence
from pathlib import Path

import click

from envsetup.cli.exits import Exit, Failure


def own_line(argv: Sequence[str]) -> str:
    """A command as the shell of this machine's system takes it."""
    from envsetup.host import local_os
    from envsetup.plan.quoting import shell_line

    return shell_line(argv, os=local_os())


def write_text(path: str, text: str) -> None:
    """Writes a file whole or not at all, keeping an existing file until the new one is there.

    A symbolic link keeps pointing where it did; a device or pipe is written to, never replaced.
    Raises Failure (exit 3) naming the path where it can't be written: `check_writable` found nothing.
    """
    target = Path(os.path.realpath(path))
    try:
        # By the path as given: a pipe behind /dev/stdout has no name of its own.
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
            return
        # Not by the file's own name: that may be as long as the file system allows.
        handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=".envsetup-")
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
            f"can't write {path}: {why}. The answer went to standard output instead.",
            Exit.TOOL_FAILED,
        ) from error


def check_writable(path: str, made_later: str = "") -> None:
    """Raises Failure (exit 2) where an output can't be written, before any work is done for it.

    What lies in `made_later` is written into a folder that the command makes itself.
    """
    later = os.path.join(os.path.abspath(made_later), "") if made_later else None
    try:
        folder = os.path.dirname(os.path.realpath(path))
        if later and os.path.join(folder, "").startswith(later) and not os.path.exists(folder):
            return
        if os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if os.path.exists(path) and not os.path.isfile(path):
            if not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, "it may not be written to")
            return
        os.lstat(folder)
        with contextlib.suppress(FileNotFoundError):
            os.lstat(path)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        why = error.strerror or str(error)
        raise Failure(
            f"can't write {path}: {why}. Nothing was run. Give --output a file in a folder that you "
            "may write to.",
            Exit.USAGE,
        ) from error


def look() -> dict[str, int | bool]:
    """How wide standard output is and whether it can show more than ASCII: options of the text format."""
    columns = shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 80
    return {"width": max(40, min(columns, 100)), "unicode": _encodes("✓☠")}


TABLE = re.compile(r".*\S {2,}(?=\S)")
ITEM = re.compile(r"\s*(?:- )?")
CODE_SPAN = re.compile(r"`[^`]*`")
UNBROKEN = "\N{NO-BREAK SPACE}"


def fitted(text: str, width: int, whole: Container[str] = (), hang: int = 2) -> str:
    """The text with lines broken between words, what follows set in by `hang`, or as its table has it.

    Code is to be copied: fenced lines, spans in backticks, and lines that are `whole` stay as they are.
    """
    lines: list[str] = []
    fenced = False
    for line in text.split("\n"):
        fence = line.lstrip().startswith("```")
        fenced ^= fence
        if fence or fenced or len(line) <= width or line.strip() in whole:
            lines.append(line)
        else:
            lines += _broken(line, width, hang)
    return "\n".join(lines)


def _broken(line: str, width: int, hang: int) -> list[str]:
    import textwrap

    start = ITEM.match(line)
    table = TABLE.match(line)
    begin, column = (match.end() if match else 0 for match in (start, table))
    if not 0 < column <= width // 2:
        column = begin + (0 if line[:begin].strip() else hang)
    broken = textwrap.wrap(
        CODE_SPAN.sub(lambda span: span.group().replace(" ", UNBROKEN), line[begin:]),
        width,
        initial_indent=line[:begin],
        subsequent_indent=" " * column,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [one.replace(UNBROKEN, " ") for one in broken]


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


def say(text: str, *, newline: bool = True) -> None:
    """A message on standard error; names of files and words of others in it can't steer the terminal."""
    from envsetup.sanitize import plain

    click.echo(plain(text), err=True, nl=newline)


def error_document(why: str, **more: object) -> str:
    """The JSON answer of a run that failed: what went wrong, without what is personal."""
    import json

    from envsetup.cli.private import private, unless_it_fails

    told = unless_it_fails(private, why, "see standard error")
    return json.dumps({"schema_version": "1", "error": told, **more}, indent=2)


def emit(
    text: str,
    output: str | None,
    *,
    prose: bool = False,
    whole: Container[str] = (),
    hang: int = 2,
    painted: bool = False,
) -> None:
    """The answer of a command: to `output` where given, else to standard output.

    Prose is fitted to a terminal, but for lines that must stay `whole`; see fitted(). Only what is
    `painted`, with colours of ours, may hold control characters.
    """
    if not painted:
        from envsetup.sanitize import plain

        text = plain(text)
    if prose and output in (None, "-") and sys.stdout.isatty():
        text = fitted(text, int(look()["width"]), whole, hang)
    ending = "" if text.endswith("\n") or not text else "\n"
    unwritten: Failure | None = None
    if output and output != "-":
        try:
            write_text(output, text + ending)
        except Failure as error:
            unwritten = error
    if not output or output == "-" or unwritten is not None:
        _ANSWERS.append(len(text))
        encoding = sys.stdout.encoding or "ascii"
        shown = text + ending
        click.echo(
            shown if _encodes(shown) else shown.encode(encoding, "replace").decode(encoding),
            nl=False,
        )
    if unwritten is not None:
        raise unwritten
