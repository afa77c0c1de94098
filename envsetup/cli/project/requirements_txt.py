"""requirements.txt with the files that it names by -r and -c."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from envsetup.cli.project.files import read
from envsetup.cli.project.records import Found, joined, read_lines

INCLUDED = re.compile(r"(?:-r|--requirement|-c|--constraint)[ =]?\s*(\S+)")
MOST_FILES = 50


def read_requirements(folder: str, name: str = "requirements.txt") -> Found | None:
    """None where there is no such file. Raises UsageError where one can't be read."""
    if read(folder, name) is None:
        return None
    return joined(_files(folder, name, set()))


def _files(folder: str, name: str, seen: set[str]) -> Iterator[Found]:
    """A file and those that it names, each once; their paths are relative to the one that names them."""
    place = os.path.normpath(name)
    if place in seen or len(seen) >= MOST_FILES:
        return
    seen.add(place)
    text = read(folder, place)
    if text is None:
        yield Found(left_out=(f"{name}: there is no such file",))
        return
    lines = [_bare(line) for line in text.replace("\\\n", " ").splitlines()]
    yield read_lines(lines, name)
    for line in lines:
        included = INCLUDED.fullmatch(line)
        if included is None:
            if line.startswith("-"):
                yield Found(left_out=tuple(_option(line, name)))
        elif "://" in included[1]:
            yield Found(left_out=(f"{name}: {line} lies elsewhere",))
        else:
            yield from _files(folder, os.path.join(os.path.dirname(place), included[1]), seen)


def _bare(line: str) -> str:
    """Without comment and hashes."""
    return re.sub(r"(^|\s)#.*|\s--hash=\S+", "", line).strip()


def _option(line: str, name: str) -> Iterator[str]:
    """Places of packages that the file names; the plan names its own."""
    if re.match(r"-i\b|-f\b|--(?:extra-)?index-url|--find-links", line):
        yield f"{name}: {line.split()[0].split('=')[0]} names an index of its own"
