"""What users name as input, or standard input, read within bounds: the one reader of every command."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from envsetup.host.input_files import BLOCK_BYTES, PIPE_LIMIT_S, blocks, read_file

LARGEST_INPUT_BYTES = 32 * 1024 * 1024
"""Of a report or a pasted text. A hundred thousand findings take 26 MB."""


def read_input(path: str, option: str, pipe_limit_s: float = PIPE_LIMIT_S) -> bytes:
    """A file's bytes, or standard input's for `-`. Raises click.UsageError naming the option."""
    try:
        if path == "-":
            data = sys.stdin.buffer.read(LARGEST_INPUT_BYTES + 1)
        else:
            data = read_file(path, LARGEST_INPUT_BYTES, pipe_limit_s)
    except OSError as error:
        why = error.strerror or str(error)
        raise click.UsageError(f"{option} {path}: can't be read: {why}") from error
    if len(data) > LARGEST_INPUT_BYTES:
        raise click.UsageError(f"{option} {path}: more than {LARGEST_INPUT_BYTES >> 20} MiB")
    return data


def blocks_of(path: str) -> Iterator[bytes]:
    """A log, or standard input for `-`, piece by piece: it may take as long as the program that writes it.

    Raises OSError.
    """
    if path != "-":
        yield from blocks(path)
        return
    while block := sys.stdin.buffer.read(BLOCK_BYTES):
        yield block
