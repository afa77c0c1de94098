"""The folder that `setup` works in: what lies there, and what a setup that was cut off left there."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from envsetup.installer.durable import sync_file_system
from envsetup.installer.journal import Environment, RestoreError
from envsetup.installer.lock import LOCK, Busy, Lock, locked
from envsetup.installer.marker import is_ours, mark, marker_of
from envsetup.installer.rollback import restore_cut_off
from envsetup.installer.running import Tell
from envsetup.installer.sign_of_life import Window, sign_of_life
from envsetup.probes.unfinished import MARKER

State = Literal["new", "ours", "foreign", "incomplete"]
OWN = frozenset({MARKER, f"{MARKER}.part", LOCK})
MADE = OWN | {
    "pyvenv.cfg", "bin", "Scripts", "include", "Include", "lib", "Lib", "lib64", "share", "etc", "man",
    ".gitignore", "CACHEDIR.TAG", ".lock",
}  # fmt: skip
"""What `venv`, `uv venv` and wheels put straight into the folder of an environment."""
PLACES = ("lib/*/site-packages", "Lib/site-packages")
REMEDY = {
    errno.ENOSPC: "Make room there, or name another folder.",
    errno.EDQUOT: "Make room there, or name another folder.",
    errno.ENOTDIR: "A file is in the way: name another folder.",
    errno.EEXIST: "Something is in the way: name another folder.",
}


class SetupError(Exception):
    """Setup can't go on; `usage` where the request itself can't be followed."""

    def __init__(self, message: str, *, usage: bool = False) -> None:
        super().__init__(message)
        self.usage = usage


# -- looking -----------------------------------------------------------------------------------------


def state_of(folder: Path) -> State:
    """What lies in the folder. Raises SetupError where it is something else than an environment."""
    try:
        return _state(folder)
    except OSError as error:
        raise _impossible(folder, error) from error


def _state(folder: Path) -> State:
    if not _is_there(folder) or set(os.listdir(folder)) <= OWN - {MARKER}:
        return "new"
    marker = marker_of(folder)
    half_made = marker is not None and marker.state == "incomplete"
    if half_made and is_ours(folder, marker):
        return "incomplete"
    if half_made:
        raise SetupError(
            f"{folder} holds what a setup left half-made in another folder, or before it was copied here. "
            "Name another folder, or look at what is in it and remove it.",
            usage=True,
        )
    if not (folder / "pyvenv.cfg").is_file():
        raise SetupError(
            f"{folder} is there and is no virtual environment. Name another folder, or move it away.",
            usage=True,
        )
    return "ours" if is_ours(folder, marker) else "foreign"


def _is_there(folder: Path) -> bool:
    """Raises SetupError for what is there and can't become a folder."""
    try:
        kind = folder.stat().st_mode
    except FileNotFoundError:
        if not folder.is_symlink():
            return False
        raise SetupError(
            f"{folder} is a symbolic link to {os.readlink(folder)}, which isn't there. "
            "Make that folder, or remove the link.",
            usage=True,
        ) from None
    if not stat.S_ISDIR(kind):
        raise SetupError(
            f"{folder} is there and is no folder. Name another, or move it away.", usage=True
        )
    return True


def _impossible(folder: Path, error: OSError) -> SetupError:
    remedy = REMEDY.get(error.errno or 0, "Name a folder in which this user may write.")
    return SetupError(
        f"an environment can't be made in {folder}: {error.filename or folder}: "
        f"{error.strerror or error}. {remedy}",
        usage=True,
    )


# -- holding -----------------------------------------------------------------------------------------


@contextlib.contextmanager
def held_folder(folder: Path, tell: Tell) -> Iterator[Lock]:
    """Makes the folder where there is none, holds the lock on it, and clears up what was cut off there.

    Raises SetupError. A folder that this call made is gone again if nothing came into it.
    """
    state_of(folder)
    with contextlib.ExitStack() as stack:
        try:
            stack.callback(_take_away, _made(folder))
            lock = stack.enter_context(locked(folder, tell))
            if state_of(folder) == "incomplete":
                tell.step(f"an earlier setup of {folder} was cut off: clearing up what it left")
                _clear(folder)
            for root in (root for place in PLACES for root in folder.glob(place)):
                restore_cut_off(_environment(folder, root), tell)
        except (Busy, RestoreError) as error:
            raise SetupError(str(error), usage=not isinstance(error, Busy)) from error
        except OSError as error:
            raise _impossible(folder, error) from error
        yield lock


def _environment(folder: Path, packages: Path) -> Environment:
    root = os.path.realpath(packages)
    return Environment(prefix=os.path.realpath(folder), roots=(root,), whole=True)


def _made(folder: Path) -> list[Path]:
    """The folders that had to be made, the outermost first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    made: list[Path] = []
    try:
        for one in reversed(missing):
            one.mkdir(exist_ok=True)
            made.append(one)
    except BaseException:
        _take_away(made)
        raise
    return made


def _take_away(made: list[Path]) -> None:
    for one in reversed(made):
        with contextlib.suppress(OSError):  # something lies in it
            one.rmdir()


@contextlib.contextmanager
def half_made(folder: Path, tell: Tell) -> Iterator[None]:
    """Marks the folder as half-made while the block runs, and as complete after it; cleared where that fails.

    The lock must be held and the folder be empty. Raises SetupError where the mark can't be written.
    """
    try:
        mark(folder, "incomplete")
    except OSError as error:
        raise _impossible(folder, error) from error
    try:
        with sign_of_life(folder / MARKER):
            yield
        sync_file_system(folder)
        mark(folder, "complete")
    except BaseException:
        try:
            _clear(folder)
        except (SetupError, OSError) as left:
            tell.step(f"warning: {left}")
        raise


def _clear(folder: Path) -> None:
    """Removes what the setup put there, its mark last. Raises SetupError where somebody else's lies there."""
    other = next(_of_others(folder, Window.of(folder / MARKER)), None)
    if other is not None:
        raise SetupError(
            f"a setup was cut off in {folder}, and {other} was not put there by it, so that nothing is "
            "removed. Move that away, or name another folder.",
            usage=True,
        )
    for name in sorted(set(os.listdir(folder)) - OWN):
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    (folder / MARKER).unlink(missing_ok=True)


def _of_others(folder: Path, window: Window) -> Iterator[Path]:
    """What lies there and didn't come from the setup: by its name, and by its time."""
    yield from (folder / name for name in sorted(os.listdir(folder)) if name not in MADE)
    for inside, folders, names in os.walk(folder):
        here = os.lstat(inside)
        folders[:] = [name for name in folders if name != "__pycache__"]
        links = [name for name in folders if os.path.islink(os.path.join(inside, name))]
        for name in [*names, *links]:
            path = Path(inside, name)
            if name not in OWN and not window.holds(path.lstat(), here):
                yield path
