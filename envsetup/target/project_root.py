"""Which folders a `.venv` is looked for in: from the working folder up to where a project ends."""

from __future__ import annotations

import os
from collections.abc import Iterator

REPOSITORY = (".git", ".hg", ".svn", ".jj")
PROJECT = "pyproject.toml"


def folders_to_search(folder: str, home: str | None) -> list[str]:
    """The folder and those above it, to the root of its project, the home folder or file system.

    The root is where the repository begins; without one it is the outermost folder that has a
    pyproject.toml, since the members of a workspace share the environment of its root.
    """
    above = list(_up_to_a_border(folder, home))
    for place, one in enumerate(above):
        if any(os.path.exists(os.path.join(one, name)) for name in REPOSITORY):
            return above[: place + 1]
    projects = [i for i, one in enumerate(above) if os.path.isfile(os.path.join(one, PROJECT))]
    return above[: projects[-1] + 1] if projects else above


def _up_to_a_border(folder: str, home: str | None) -> Iterator[str]:
    place = os.path.abspath(folder)
    border = os.path.realpath(home) if home else None
    device = os.stat(place).st_dev
    while True:
        yield place
        above = os.path.dirname(place)
        if above == place or os.path.realpath(place) == border:
            return
        try:
            if os.stat(above).st_dev != device:
                return
        except OSError:
            return
        place = above
