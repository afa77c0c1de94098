"""One run of the command line as a process: signals, streams, and every error made an exit code."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import signal
import sys
import traceback
from itertools import pairwise

import click

from envsetup.cli.exits import Exit
from envsetup.cli.output import error_document, fitted, has_answered, say
from envsetup.interrupts import interrupt

SAYS_SO_IN_JSON = (Exit.TOOL_FAILED, Exit.TARGET_UNUSABLE, Exit.INTERRUPTED)
"""On these a command may have answered nothing, and JSON is promised on every code but 2."""
UNTELLABLE = "the error can't be told without what is private"
UNWRITABLE = {
    errno.ENOSPC: "Make room",
    errno.EDQUOT: "Make room",
    errno.EIO: "Look at the disk",
    errno.EROFS: "Write to another place",
    errno.EBADF: "Standard output is closed: send it somewhere",
}
"""What keeps an answer from being written, and what to do."""


def run(root: click.Group) -> int:
    """Runs the group and gives its exit code; no program that it started outlives it."""
    _open_closed_streams()
    _interrupt_on("SIGINT", "SIGTERM", "SIGHUP")
    try:
        try:
            code, why = _outcome(root)
        finally:
            _end_programs()
    except KeyboardInterrupt:  # once more, while the first was being answered
        code, why = int(Exit.INTERRUPTED), "interrupted"
    if code in SAYS_SO_IN_JSON:
        _answer_in_json(code, why)
    return code


def _interrupt_on(*names: str) -> None:
    """Has the signals that this system knows, and nobody has switched off, end the run as Ctrl-C does."""
    for name in names:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupt)


def _end_programs() -> None:
    """Threads of a probe don't hear of an interrupt: what they run is ended here."""
    if "envsetup.host.programs" in sys.modules:
        from envsetup.host import end_all

        end_all()


def _answer_in_json(code: int, why: str) -> None:
    """One document where one was asked for and the command gave none."""
    words = sys.argv[1:]
    asked = "--format=json" in words or ("--format", "json") in pairwise(words)
    if asked and not has_answered():
        with contextlib.suppress(OSError, MemoryError):
            click.echo(error_document(why, exit_code=code))


def _open_closed_streams() -> None:
    """A stream that was closed before the start (`>&-`) is None in Python.

    What goes to standard error is dropped then; an answer that nothing takes is an error when it is
    written, as for other programs, and none where it goes to a file.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        read_only = os.open(os.devnull, os.O_RDONLY)
        sys.stdout = open(read_only, "w", encoding="utf-8")  # noqa: SIM115


def _outcome(root: click.Group) -> tuple[int, str]:
    """The exit code and, where it isn't the command's own answer, why; a bug of ours is 3."""
    try:
        result = root.main(standalone_mode=False)
        return int(result) if isinstance(result, int) else int(Exit.OK), ""
    except click.exceptions.Exit as end:
        return end.exit_code, ""
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        return int(Exit.INTERRUPTED), "interrupted"
    except click.ClickException as error:
        _fit(error)
        shown = io.StringIO()
        error.show(shown)
        say(shown.getvalue(), newline=False)
        return error.exit_code, error.format_message()
    except BrokenPipeError:
        # The reader went away (`| head`): nothing is wrong, and nothing may be flushed any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.OK), ""
    except OSError as error:
        if error.errno not in UNWRITABLE:
            return _bug(error)
        why = f"the answer can't be written: {error.strerror}. {UNWRITABLE[error.errno]}."
        say(f"Error: {why}")
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.TOOL_FAILED), why
    except MemoryError:
        why = "there is too little memory for envsetup itself. Raise its limit (`ulimit -v unlimited`)."
        say(f"Error: {why}")
        return int(Exit.TOOL_FAILED), why
    except Exception as error:
        return _bug(error)


def _fit(error: click.ClickException) -> None:
    """Takes credentials out of the message, and breaks it between words where it goes to a terminal."""
    from envsetup.cli.private import unless_it_fails, without_credentials

    told = unless_it_fails(without_credentials, error.message, UNTELLABLE)
    error.message = told  # type: ignore[misc] # it is ours by now
    if sys.stderr.isatty():
        columns = max(40, shutil.get_terminal_size((80, 24)).columns)
        shown = fitted(f"Error: {error.message}", columns)
        error.message = shown.removeprefix("Error: ")  # type: ignore[misc] # it is ours by now


def _bug(error: Exception) -> tuple[int, str]:
    """A traceback that may be passed on, as its last line asks for."""
    from envsetup.cli.private import private, unless_it_fails

    told = "".join(traceback.format_exception(error))
    say(unless_it_fails(private, told, f"{type(error).__name__}: {UNTELLABLE}"))
    say("envsetup itself failed; this is a bug. Please report the lines above.")
    return int(Exit.TOOL_FAILED), f"envsetup itself failed: {type(error).__name__}: {error}"
