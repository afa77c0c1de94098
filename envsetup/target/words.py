"""What is said of an interpreter and its end, and the error where it can't be used."""

from __future__ import annotations

import signal


class TargetError(Exception):
    """The target interpreter cannot be used; the text says what was asked for, seen, and what to do."""


def ending(returncode: int | None) -> str:
    """How a process ended, in words."""
    if returncode is None:
        return "it never ended"
    if returncode < 0:
        try:
            return f"ended by {signal.Signals(-returncode).name}"
        except ValueError:
            return f"ended by signal {-returncode}"
    return f"exit code {returncode}"


def printable(text: str) -> str:
    """The text with every control character but newline and tab made visible."""
    return "".join(
        c if c in "\n\t" or (c.isprintable() or c == " ") else f"\\x{ord(c):02x}" for c in text
    )


def no_scratch(error: OSError) -> str:
    """Why there is no temporary folder, and what to do."""
    return (
        f"no temporary folder can be written ({error.strerror or error}); "
        "set TMPDIR to a folder that can, with some room in it"
    )
