"""Keeps the files that an installation is about to replace, and puts them back if it fails.

Hard links, not copies: they cost no room, and an installer that removes a file leaves ours alone. The
folder lies beside the packages (same file system) and holds all that is needed, so that a run that was
killed can be undone by the next one.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from envsetup.model import Python, Record

FOLDER = ".envsetup-restore"
COPY_BELOW_BYTES = 1 << 16
"""Small files are copied: one that several packages own may be overwritten in place."""


OWNER = "pid"
PARTS = frozenset({"pid", "roots", "prefix", "planned", "present", "files"})
SHARED = ("nvidia", "bin", "__pycache__")
"""Folders in which several distributions lie: there a list of files decides alone."""


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
    def take(cls, python: Python, held: Iterable[Held], planned: Iterable[str]) -> Backup:
        """Links or copies the files. Raises OSError; then nothing of it stays behind.

        `planned` are the distributions that the installer will add or replace: putting back takes out
        theirs and nothing else.
        """
        roots = [os.path.abspath(f) for f in python.site_packages if os.path.isdir(f)]
        prefix = os.path.abspath(python.prefix or os.path.dirname(roots[0]))
        place = Path(roots[0]).parent / FOLDER
        place.mkdir()
        try:
            (place / OWNER).write_text(str(os.getpid()), "utf-8")
            present = [*_walk(roots), *_walk(_scripts(prefix))]
            told = {
                "pid": os.getpid(),
                "roots": roots,
                "prefix": prefix,
                "planned": sorted({_normal(name) for name in planned}),
                "present": present,
                "files": _keep([f for one in held for f in one.files], place),
            }
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
        pid = backup._owner() if told is None else int(told["pid"])  # type: ignore[call-overload]
        if pid != os.getpid() and (pid is None or _alive(pid)):
            raise RestoreError(
                f"another installation by envsetup (process {pid or 'unknown'}) is under way in this "
                f"environment. Wait for it; if there is none, remove {place}."
            )
        if told is None:
            shutil.rmtree(place, ignore_errors=True)
            return None
        return backup

    def _owner(self) -> int | None:
        """The process that is making the backup; None where it hasn't said so yet."""
        try:
            return int((self.place / OWNER).read_text("utf-8"))
        except (OSError, ValueError):
            return None

    def _told(self) -> dict[str, object] | None:
        try:
            told = json.loads((self.place / "manifest.json").read_text("utf-8"))
            return told if set(told) >= PARTS else None
        except (OSError, ValueError, TypeError):
            return None

    def put_back(self) -> None:
        """Takes out what came since and puts back what is missing or changed; can be done again.

        Raises RestoreError naming what is left.
        """
        told = self._told()
        if told is None:
            raise RestoreError(f"what was kept in {self.place} can't be read")
        failed = [*_clear(told), *self._return(told["files"])]
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
        """Forgets what was kept: the manifest first, for one without its files would only take out."""
        (self.place / "manifest.json").unlink(missing_ok=True)
        shutil.rmtree(self.place, ignore_errors=True)


def _keep(files: Iterable[str], place: Path) -> dict[str, str]:
    """Each file that is there, under a number; path to the name of what was kept."""
    kept: dict[str, str] = {}
    for path in dict.fromkeys(files):
        if os.path.lexists(path):
            name = f"{len(kept)}.kept"
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


def _scripts(prefix: str) -> tuple[str, ...]:
    return tuple(os.path.join(prefix, name) for name in ("bin", "Scripts"))


def _clear(told: Mapping[str, Any]) -> Iterator[str]:
    """Removes what the planned distributions brought, with the folders that it leaves empty.

    What was there before stays, and so does all that something else installed meanwhile.
    """
    roots, present = told["roots"], set(told["present"])
    for path in _brought(told):
        if path in present:
            continue
        try:
            os.unlink(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            yield f"{path} ({error.strerror})"
            continue
        if path.startswith(tuple(f"{root}{os.sep}" for root in roots)):
            _prune(os.path.dirname(path), roots)


def _brought(told: Mapping[str, Any]) -> Iterator[str]:
    """Files of the planned distributions, inside the environment alone.

    By their lists where they are whole; where one was cut off in the middle, by the folders in which
    the planned distributions lay before or lie now.
    """
    roots, planned = told["roots"], set(told["planned"])
    now = [one for name, one in installed(roots).items() if name in planned]
    listed = [path for one in now for path in one.files]
    tops = {_top(path, roots) for path in (*told["files"], *listed)} - {None}
    for root in roots:
        names = os.listdir(root) if os.path.isdir(root) else []
        infos = {
            n for n in names if n.endswith(".dist-info") and _normal(n.split("-")[0]) in planned
        }
        tops |= {os.path.join(root, name) for name in infos}
    inside = f"{told['prefix']}{os.sep}"
    yield from (path for path in listed if path.startswith(inside))
    yield from _walk(sorted(str(top) for top in tops if top and os.path.isdir(top)))


def _top(path: str, roots: Sequence[str]) -> str | None:
    """The folder of a package that holds the path; None for what lies beside the packages."""
    root = next((r for r in roots if path.startswith(f"{r}{os.sep}")), None)
    if root is None:
        return None
    first = path[len(root) + 1 :].split(os.sep)[0]
    top = os.path.join(root, first)
    return top if top != path and first not in SHARED else None


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
