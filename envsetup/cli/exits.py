"""Exit codes, and the error that ends a command with one."""

from __future__ import annotations

from enum import IntEnum

import click


class Exit(IntEnum):
    OK = 0
    FINDINGS = 1
    USAGE = 2
    TOOL_FAILED = 3
    TARGET_UNUSABLE = 4
    INTERRUPTED = 130


class Failure(click.ClickException):
    """An end that the user must hear about: what is wrong, what was seen, what to do."""

    def __init__(self, message: str, exit_code: Exit) -> None:
        super().__init__(message)
        self.exit_code = int(exit_code)  # type: ignore[misc] # click reads it from the instance
