"""Reads a project's files, each at most once and never beyond a sane size."""

from __future__ import annotations

import os

from envsetup.cli.project.records import table, wrong
from envsetup.host.input_files import read_file

LARGEST_BYTES = 1 << 20


def read(folder: str, name: str) -> str | None:
    """The text of a file of the project, None where there is none. Raises UsageError."""
    try:
        return read_file(os.path.join(folder, name), LARGEST_BYTES).decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise wrong(
            folder,
            f"{name} can't be read ({error.strerror})",
            "make it a file that this user may read",
        ) from error


def read_toml(folder: str, name: str) -> dict[str, object] | None:
    """The tables of a file, None where there is none. Raises UsageError where it is no TOML."""
    text = read(folder, name)
    if text is None:
        return None
    from envsetup.host.toml_input import decode_toml

    try:
        return table(decode_toml(text.encode()))
    except ValueError as error:
        raise wrong(folder, f"{name} can't be read: {error}", "mend it") from error
