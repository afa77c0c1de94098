"""Files of a distribution against its own list of them (RECORD): by size, which a torn one gives away."""

from __future__ import annotations

import csv
from collections.abc import Callable

from envsetup.host import Host
from envsetup.host.questions import SIZE
from envsetup.model import Absent, Known

MOST_RECORD_BYTES = 1 << 23


def damaged(
    host: Host, folder: str, metadata: str, matters: Callable[[str], bool]
) -> tuple[str, ...]:
    """What is missing or shorter than RECORD says, of the files that matter, in words.

    A longer one is no fault: conda and Nix patch paths into libraries after they were recorded.
    """
    fact = host.read(f"{folder}/{metadata}/RECORD", MOST_RECORD_BYTES)
    if not isinstance(fact, Known):
        return ()
    wrong = []
    for row in _rows(fact.value):
        if len(row) != 3 or not row[2].isdigit() or not matters(row[0]):
            continue
        have = host.ask(SIZE.about(f"{folder}/{row[0]}"))
        if isinstance(have, Absent):
            wrong.append(f"{row[0]} is missing ({row[2]} bytes recorded)")
        elif isinstance(have, Known) and have.value < int(row[2]):
            wrong.append(f"{row[0]} has {have.value} bytes, {row[2]} recorded")
    return tuple(wrong)


def _rows(text: str) -> list[list[str]]:
    try:
        return list(csv.reader(text.splitlines()))
    except csv.Error:  # a list that is torn itself tells nothing
        return []
