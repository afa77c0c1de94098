"""Paths below the working folder, told from there."""

from __future__ import annotations

import re
from collections.abc import Callable

BEFORE = r"(?<![\w./~\\-])"
"""What doesn't stand before a path: it would be the middle of a longer one."""


def from_folder(folder: str) -> Callable[[str], str]:
    """Takes the folder off the paths in a text that lie below it; the root of a file system is none."""
    folder = folder.rstrip("/\\")
    if not folder or re.fullmatch(r"[A-Za-z]:", folder):
        return str
    below = re.compile(rf"{BEFORE}{re.escape(folder)}[/\\]+(?=[^\s/\\\"'`;:,])")
    return lambda text: below.sub("", text)
