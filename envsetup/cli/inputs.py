"""Files that users name, or standard input, read within bounds."""

from __future__ import annotations

import sys

import click

LARGEST_INPUT_BYTES = 64 * 1024 * 1024


def read_input(path: str, option: str) -> bytes:
    """A file's bytes, or standard input's for `-`. Raises click.UsageError."""
    try:
        if path == "-":
            data = sys.stdin.buffer.read(LARGEST_INPUT_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(LARGEST_INPUT_BYTES + 1)
    except OSError as error:
        why = error.strerror or str(error)
        raise click.UsageError(f"{option} {path}: can't be read: {why}") from error
    if len(data) > LARGEST_INPUT_BYTES:
        raise click.UsageError(f"{option} {path}: more than 64 MiB, which is no report")
    return data
