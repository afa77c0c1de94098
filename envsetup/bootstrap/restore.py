"""Keeps the files that an installation is about to replace, and puts them back if it fails.

Hard links, not copies: they cost no room, and an installer that removes a file leaves ours alone. The
folder lies beside the packages (same file system) and holds all that is needed, so that a run that was
killed can be undone by the next one.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path

from envsetup.model import Record

FOLDER = ".envsetup-restore"
COPY_BELOW_BYTES = 1 << 16
"""Small files are copied: one that several packages own may be overwritten in place."""


class RestoreError(Exception):
    """What was replaced could not all be put back; the text says what is left where."""


class Held(Record):
    """An installed distribution, as it can be put back."""

    name: str
    version: str
    files: tuple[str, ...]
    """Absolute paths, after RECORD."""
    url: str | None = None
    """Where it came from, if from no index (PEP 610)."""
    editable: bool = False
    doubt: str | None = None
    """Why putting it back can't be promised."""


def installed(site_packages: Sequence[str]) -> dict[str, Held]:
    """What the folders hold, by normalised name, the first of a name first."""
    found: dict[str, Held] = {}
    for one in distributions(path=list(site_packages)):
        name = _name(one)
        if name:
            found.setdefault(_normal(name), _held(one, name))
    return found


def _name(one: Distribution) -> str | None:
    """The name of a distribution; None where its metadata is torn, which each Python tells otherwise."""
    try:
        return one.metadata["Name"] or None
    except (KeyError, TypeError, AttributeError, OSError):
        return None


def _normal(name: str) -> str:
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)


def _held(one: Distribution, name: str) -> Held:
    url, editable = _origin(one)
    manager = (one.read_text("INSTALLER") or "").strip()
    recorded = one.read_text("RECORD")
    doubt = None
    if manager == "conda":
        doubt = "conda installed it, and its own records are not put back"
    elif not recorded:
        doubt = "it has no list of its files (RECORD)"
    elif editable:
        doubt = f"it is an editable install: its link is put back, not what is built in {url}"
    paths = [str(one.locate_file(f)) for f in one.files or ()] if recorded else []
    files = tuple(os.path.normpath(os.path.abspath(p)) for p in paths)
    return Held(
        name=name, version=one.version, files=files, url=url, editable=editable, doubt=doubt
    )


def _origin(one: Distribution) -> tuple[str | None, bool]:
    try:
        told = json.loads(one.read_text("direct_url.json") or "{}")
        return told.get("url"), bool(told.get("dir_info", {}).get("editable"))
    except (ValueError, AttributeError):
        return None, False


class Backup:
    """The files of some distributions, and what else lay in the folders of packages."""

    def __init__(self, place: Path) -> None:
        self.place = place

    @classmethod
    def take(cls, site_packages: Sequence[str], held: Iterable[Held]) -> Backup:
        """Links or copies the files. Raises OSError; then nothing of it stays behind."""
        roots = [os.path.abspath(folder) for folder in site_packages if os.path.isdir(folder)]
        place = Path(roots[0]).parent / FOLDER
        place.mkdir()
        try:
            files = _keep([f for one in held for f in one.files], place)
            told = {"pid": os.getpid(), "roots": roots, "present": _listing(roots), "files": files}
            part = place / "manifest.part"
            part.write_text(json.dumps(told), "utf-8")
            part.replace(place / "manifest.json")  # from here on the backup counts as whole
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        return cls(place)

    @classmethod
    def left_behind(cls, site_packages: Sequence[str]) -> Backup | None:
        """The backup of a run that was cut off, None where there is none.

        Raises RestoreError where that run still goes on. One without a manifest never came to change
        anything, and is cleared away.
        """
        roots = [folder for folder in site_packages if os.path.isdir(folder)]
        place = Path(os.path.abspath(roots[0])).parent / FOLDER if roots else None
        if place is None or not place.is_dir():
            return None
        backup = cls(place)
        told = backup._told()
        if told is None:
            shutil.rmtree(place, ignore_errors=True)
            return None
        if told["pid"] != os.getpid() and _alive(int(told["pid"])):  # type: ignore[call-overload]
            raise RestoreError(
                f"another installation by envsetup (process {told['pid']}) is under way in this "
                f"environment. Wait for it; if it is none, remove {place}."
            )
        return backup

    def _told(self) -> dict[str, object] | None:
        try:
            told = json.loads((self.place / "manifest.json").read_text("utf-8"))
            return told if {"pid", "roots", "present", "files"} <= set(told) else None
        except (OSError, ValueError, TypeError):
            return None

    def put_back(self) -> None:
        """Takes out what came since and puts back what is missing or changed; can be done again.

        Raises RestoreError naming what is left.
        """
        told = self._told()
        if told is None:
            raise RestoreError(f"what was kept in {self.place} can't be read")
        roots, present = told["roots"], told["present"]
        assert isinstance(roots, list)
        assert isinstance(present, list)
        failed = [*_clear(roots, set(present)), *self._return(told["files"])]
        if failed:
            raise RestoreError(
                f"{len(failed)} files could not be put back, the first is {failed[0]}. "
                f"They are kept in {self.place}."
            )
        self.drop()

    def _return(self, files: object) -> Iterator[str]:
        assert isinstance(files, dict)
        for path, name in files.items():
            kept = self.place / name
            if not os.path.lexists(kept):
                continue  # put back by an earlier try
            try:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                os.replace(kept, path)
            except OSError as error:
                yield f"{path} ({error.strerror})"

    def drop(self) -> None:
        """Forgets what was kept."""
        shutil.rmtree(self.place, ignore_errors=True)


def _keep(files: Iterable[str], place: Path) -> dict[str, str]:
    """Each file that is there, under a number; path to the name of what was kept."""
    kept: dict[str, str] = {}
    for path in dict.fromkeys(files):
        name = f"{len(kept)}.kept"
        with contextlib.suppress(FileNotFoundError):
            _link(path, place / name)
            kept[path] = name
    return kept


def _link(path: str, kept: Path) -> None:
    if os.path.islink(path) or os.lstat(path).st_size < COPY_BELOW_BYTES:
        shutil.copy2(path, kept, follow_symlinks=False)
        return
    try:
        os.link(path, kept)
    except OSError:
        shutil.copy2(path, kept)


def _walk(roots: Iterable[str]) -> Iterator[str]:
    for root in roots:
        for folder, folders, names in os.walk(root):
            folders[:] = [one for one in folders if one != "__pycache__"]
            yield from (os.path.join(folder, name) for name in names)


def _listing(roots: Sequence[str]) -> list[str]:
    return list(_walk(roots))


def _clear(roots: Sequence[str], present: set[str]) -> Iterator[str]:
    """Removes what was not there before, with the folders that it leaves empty, and its commands."""
    fresh = [path for path in _walk(roots) if path not in present]
    outside = [path for path in _commands(fresh, roots) if path not in present]
    for path in [*fresh, *outside]:
        try:
            os.unlink(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            yield f"{path} ({error.strerror})"
            continue
        _prune(os.path.dirname(path), roots)


def _commands(fresh: Iterable[str], roots: Sequence[str]) -> Iterator[str]:
    """What the new distributions put elsewhere, such as into bin."""
    infos = {os.path.dirname(path) for path in fresh if path.endswith((".dist-info/RECORD",))}
    for info in infos:
        one = Distribution.at(info)
        for file in one.files or ():
            path = os.path.normpath(os.path.abspath(str(one.locate_file(file))))
            if not path.startswith(tuple(f"{root}{os.sep}" for root in roots)):
                yield path


def _prune(folder: str, roots: Sequence[str]) -> None:
    while folder not in roots and len(folder) > len(min(roots, key=len)):
        shutil.rmtree(os.path.join(folder, "__pycache__"), ignore_errors=True)
        try:
            os.rmdir(folder)
        except OSError:
            return
        folder = os.path.dirname(folder)


def _alive(pid: int) -> bool:
    import psutil

    return bool(psutil.pid_exists(pid))
