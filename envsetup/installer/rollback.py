"""Puts an environment back as its journal says that it was. Can be cut off and done again.

What the installation brought goes, what it replaced comes back; what something else brought meanwhile stays.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from envsetup.installer.distributions import all_installed, normal
from envsetup.installer.journal import Environment, Journal, Resolver, RestoreError, within
from envsetup.installer.running import Tell
from envsetup.installer.sign_of_life import Window
from envsetup.probes.unfinished import MANIFEST

MODULE = re.compile(r".+\.(py|pyc|pth|so|pyd|dll|dylib)", re.IGNORECASE)
"""What wheels put straight into the folder of packages; a person's notes have other endings."""
SHARED = ("nvidia", "__pycache__")
"""Folders of packages in which several distributions lie: they belong to none as a whole."""
STASHED = re.compile(r"[-~.=%0-9]")
"""pip moves what it replaces aside, in the same folder, with the first letter made one of these."""


def restore_cut_off(environment: Environment, tell: Tell) -> bool:
    """Puts back what a run that was cut off had replaced; whether there was one. The lock must be held.

    Raises RestoreError.
    """
    journal = Journal.left_behind(environment)
    if journal is None:
        return False
    tell.step("an installation was cut off in this environment: putting back what it had replaced")
    put_back(journal)
    tell.step("the environment is as it was before the installation that was cut off")
    return True


def put_back(journal: Journal) -> None:
    """Raises RestoreError naming what is left where."""
    try:
        failed = [*_clear(journal), *_return(journal)]
    except OSError as error:
        failed = [f"{error.filename or journal.place} ({error.strerror or error})"]
    if failed:
        raise RestoreError(
            f"{len(failed)} files could not be put back, the first is {failed[0]}. "
            f"They are kept in {journal.place}; the same command tries again."
        )
    journal.end()


def _return(journal: Journal) -> Iterator[str]:
    for path, kept in journal.kept():
        if not os.path.lexists(kept):
            continue  # put back by an earlier try
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            kept.replace(path)
        except OSError as error:
            yield f"{path} ({error.strerror})"


def _clear(journal: Journal) -> Iterator[str]:
    """Removes what the installation brought, with the folders that are empty then."""
    present = journal.present()
    belongs = _judge(journal)
    new = [
        (path, is_folder)
        for path, is_folder in journal.environment.walk()
        if (path + os.sep if is_folder else path) not in present
    ]
    emptied = set()
    for path in [path for path, is_folder in new if not is_folder and belongs(path)]:
        try:
            os.unlink(path)
            emptied.add(os.path.dirname(path))
        except FileNotFoundError:
            continue
        except OSError as error:
            yield f"{path} ({error.strerror})"
    folders = {path for path, is_folder in new if is_folder}
    for path in sorted(folders, key=len, reverse=True):
        if (path in emptied or belongs(path)) and _removed(path):
            emptied.add(os.path.dirname(path))


def _removed(folder: str) -> bool:
    """Whether the folder was empty, but for compiled modules, and is gone."""
    shutil.rmtree(os.path.join(folder, "__pycache__"), ignore_errors=True)
    with contextlib.suppress(OSError):
        os.rmdir(folder)
        return True
    return False


def _judge(journal: Journal) -> Callable[[str], bool]:
    """Says of a path that wasn't there before whether the installation brought it.

    A list of files (RECORD) decides where one names the path; else the folders of the planned
    distributions; what an installer was cut off at in the middle stands in no list, and there the time
    decides: whether it came while the run was alive.
    """
    environment, planned = journal.environment, set(journal.manifest.planned)
    resolved = Resolver()
    owner: dict[str, str] = {}
    for one in all_installed(environment.roots):
        name = normal(one.name)
        for path in map(resolved, one.files):
            owner[path] = name if name in planned else owner.get(path, name)
    tops = _tops(environment, [path for path, name in owner.items() if name in planned])
    tops |= _tops(environment, [resolved(path) for path, _ in journal.kept()])
    window = Window.of(journal.place / MANIFEST)

    def belongs(path: str) -> bool:
        if path in owner:
            return owner[path] in planned
        top = _top(path, environment)
        if top in tops or (top is not None and _of_planned(top, tops, planned)):
            return True
        return _came_meanwhile(path, environment, window)

    return belongs


def _tops(environment: Environment, paths: list[str]) -> set[str]:
    return {top for path in paths if (top := _top(path, environment)) and top != path}


def _top(path: str, environment: Environment) -> str | None:
    """What lies in a folder of packages and holds the path, or is it; None for what lies elsewhere or is shared."""
    root = next((r for r in environment.roots if within(path, r)), None)
    if root is None:
        return None
    first = path[len(root) + 1 :].split(os.sep)[0]
    return None if first in SHARED else os.path.join(root, first)


def _of_planned(top: str, tops: set[str], planned: set[str]) -> bool:
    """Whether it is metadata of a planned distribution, or what pip moved aside of one."""
    folder, name = os.path.split(top)
    if name.endswith((".dist-info", ".egg-info")) and normal(name.split("-")[0]) in planned:
        return True
    if not STASHED.match(name):
        return False
    rest = name.lstrip("~-.=%0123456789")
    return len(rest) > 1 and any(
        os.path.dirname(t) == folder and os.path.basename(t).endswith(rest) for t in tops
    )


def _came_meanwhile(path: str, environment: Environment, window: Window) -> bool:
    folder = os.path.dirname(path)
    straight = folder in environment.roots
    if straight and not (MODULE.fullmatch(path) or os.path.isdir(path)):
        return False
    try:
        return window.holds(os.lstat(path), os.lstat(folder))
    except OSError:
        return False
