"""What stood in an environment before an installation, kept beside its packages until that has ended.

Large files are linked: that costs no room, and an installer that replaces a file leaves ours alone. The
list is on the disk before anything is changed. Its paths count from the environment, so that a journal
from elsewhere names nothing outside it.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from envsetup.installer.distributions import Held, normal
from envsetup.installer.durable import sync_file_system, sync_folder, write_whole
from envsetup.installer.lock import LOCK
from envsetup.model import Python, Record
from envsetup.probes.unfinished import JOURNAL, MANIFEST, MARKER

LIMIT_BYTES = 1 << 28
"""No list of an environment's files is longer: 300 000 files take 30 MB."""
COPY_BELOW_BYTES = 1 << 16
"""Small files are copied: one that several packages own may be overwritten in place."""
KEPT = re.compile(r"\d{1,9}\.kept")
BESIDE_PACKAGES = ("bin", "Scripts", "share", "include", "etc", "man")
"""Where wheels put files beside the packages, below the prefix."""


class RestoreError(Exception):
    """What was replaced could not be put back; the text says what is left where."""


class UnusableJournal(RestoreError):
    """There is a journal, and it can't be trusted or read; nothing was changed."""


class Environment(Record):
    """The places of one environment that an installer writes to, as they are behind symbolic links."""

    prefix: str
    roots: tuple[str, ...]
    """The folders of packages, the one that is installed into first."""
    whole: bool
    """Whether all below the prefix is the environment's: a virtual one. `/usr/local` holds much else."""

    @classmethod
    def of(cls, python: Python) -> Environment | None:
        """None where the interpreter names no folder of packages that is there."""
        there = [f for f in python.site_packages if os.path.isdir(f)]
        if not there:
            return None
        prefix = os.path.realpath(python.prefix or os.path.dirname(there[0]))
        inside = [
            f for f in there if within(os.path.abspath(f), os.path.abspath(python.prefix or ""))
        ]
        # What lies outside a virtual environment is its base's, and its installer leaves that alone.
        mine = inside if python.in_venv and inside else there
        roots = tuple(dict.fromkeys(map(os.path.realpath, mine)))
        return cls(prefix=prefix, roots=roots, whole=bool(python.in_venv))

    @property
    def place(self) -> Path:
        """The journal's folder: on the file system of the packages."""
        return Path(self.roots[0]).parent / JOURNAL

    @property
    def bases(self) -> tuple[str, ...]:
        """What paths count from: the prefix, then the folders of packages that lie outside it."""
        return (self.prefix, *(r for r in self.roots if not within(r, self.prefix)))

    def spot(self, path: str) -> tuple[int, str] | None:
        """A path, links followed, as counted from a base; None where it lies in none."""
        for number, base in reversed(list(enumerate(self.bases))):
            if within(path, base):
                return number, path[len(base.rstrip(os.sep)) + 1 :].replace(os.sep, "/")
        return None

    def walk(self) -> Iterator[tuple[str, bool]]:
        """Every path that an installer may have brought, and whether it is a folder; no link is followed."""
        places = [self.prefix]
        if not self.whole:
            places = [os.path.join(self.prefix, name) for name in BESIDE_PACKAGES]
        places += [r for r in self.roots if not any(within(r, place) for place in places)]
        own = (str(self.place), *(os.path.join(self.prefix, n) for n in (LOCK, MARKER)))
        for place in places:
            for folder, folders, names in os.walk(place):
                folders[:] = [
                    n for n in folders if n != "__pycache__" and os.path.join(folder, n) not in own
                ]
                yield from ((os.path.join(folder, name), True) for name in folders)
                paths = (os.path.join(folder, name) for name in names)
                yield from ((path, False) for path in paths if path not in own)


def within(path: str, base: str) -> bool:
    """Whether the path lies below the base, as they are written."""
    return path.startswith(base.rstrip(os.sep) + os.sep)


class Resolver:
    """Follows the links of the folders that paths lie in, each folder once; the last part may be a link."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def __call__(self, path: str) -> str:
        folder, name = os.path.split(path)
        if folder not in self._known:
            self._known[folder] = os.path.realpath(folder)
        return os.path.join(self._known[folder], name)


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The list of a journal; its paths count from `bases`, which are only compared, never followed."""

    version: Literal[2]
    bases: tuple[str, ...]
    planned: tuple[str, ...]
    """Normalised names of the distributions that were to be added or replaced."""
    present: tuple[tuple[str, ...], ...]
    """For each base the paths that were there, folders with a slash at the end."""
    files: tuple[dict[str, str], ...]
    """For each base the paths of what the installation replaces, each with the name it is kept under."""


class Journal:
    """A journal that stands; `manifest` holds paths that were checked."""

    def __init__(self, environment: Environment, manifest: Manifest) -> None:
        self.environment = environment
        self.manifest = manifest
        self.place = environment.place

    @classmethod
    def begin(
        cls, environment: Environment, held: Iterable[Held], planned: Iterable[str]
    ) -> Journal:
        """Keeps the files of `held`. Raises OSError; then nothing of it stays behind.

        `planned` are the distributions that the installer will add or replace.
        """
        place = environment.place
        place.mkdir()
        try:
            files, copied = _keep(environment, [f for one in held for f in one.files])
            manifest = Manifest(
                version=2,
                bases=environment.bases,
                planned=tuple(sorted({normal(name) for name in planned})),
                present=_present(environment),
                files=files,
            )
            if copied:
                sync_file_system(place)
            sync_folder(place)
            sync_folder(place.parent)
            write_whole(place / MANIFEST, msgspec.json.encode(manifest))  # counts from here on
        except BaseException:
            _empty(place)
            raise
        return cls(environment, manifest)

    @classmethod
    def left_behind(cls, environment: Environment) -> Journal | None:
        """The journal of a run that was cut off, None where there is none. The lock must be held.

        One without a list is of a run that hadn't begun to change anything or had ended: it is cleared
        away. Raises UnusableJournal where the list can't be read or names what isn't the environment's.
        """
        place = environment.place
        try:
            kind = place.lstat().st_mode
        except FileNotFoundError:
            return None
        if not stat.S_ISDIR(kind):
            raise UnusableJournal(
                f"{place} is no folder, and envsetup didn't make it. Move it away."
            )
        if not os.path.lexists(place / MANIFEST):
            _empty(place)
            return None
        return cls(environment, _checked(environment, place / MANIFEST))

    def kept(self) -> Iterator[tuple[str, Path]]:
        """Each path that was replaced, and the file that is kept of it."""
        for base, files in zip(self._bases(), self.manifest.files, strict=True):
            for relative, name in files.items():
                yield os.path.join(base, *relative.split("/")), self.place / name

    def present(self) -> set[str]:
        """The paths that were there before, folders with a separator at the end."""
        return {
            os.path.join(base, *relative.split("/"))
            for base, paths in zip(self._bases(), self.manifest.present, strict=True)
            for relative in paths
        }

    def _bases(self) -> Sequence[str]:
        """The first is the environment of today, wherever it lay when the list was made."""
        return (self.environment.prefix, *self.manifest.bases[1:])

    def end(self) -> None:
        """Forgets what was kept, once what replaces it is on the disk."""
        sync_file_system(self.place)
        (self.place / MANIFEST).unlink(missing_ok=True)
        sync_folder(self.place)
        _empty(self.place)


def _keep(
    environment: Environment, paths: Iterable[str]
) -> tuple[tuple[dict[str, str], ...], bool]:
    """Links each file that is there and lies in the environment; whether one had to be copied."""
    kept: tuple[dict[str, str], ...] = tuple({} for _ in environment.bases)
    count, copied = 0, False
    for path in dict.fromkeys(map(Resolver(), paths)):
        spot = environment.spot(path)
        if spot is None or not os.path.lexists(path) or os.path.isdir(path):
            continue
        name = f"{count}.kept"
        copied |= _link(path, environment.place / name)
        kept[spot[0]][spot[1]] = name
        count += 1
    return kept, copied


def _link(path: str, kept: Path) -> bool:
    """Whether it was copied: small files are, and all are where the file system has no hard links."""
    told = os.lstat(path)
    if stat.S_ISREG(told.st_mode) and told.st_size >= COPY_BELOW_BYTES:
        try:
            os.link(path, kept)
        except OSError:
            shutil.copy2(path, kept)
            return True
        return False
    shutil.copy2(path, kept, follow_symlinks=False)
    return True


def _present(environment: Environment) -> tuple[tuple[str, ...], ...]:
    found: tuple[list[str], ...] = tuple([] for _ in environment.bases)
    for path, is_folder in environment.walk():
        spot = environment.spot(path)
        if spot is not None:
            found[spot[0]].append(f"{spot[1]}/" if is_folder else spot[1])
    return tuple(map(tuple, found))


def _checked(environment: Environment, file: Path) -> Manifest:
    """The list, all paths of it found to lie in the environment. Raises UnusableJournal."""
    try:
        manifest = msgspec.json.decode(_bytes_of(file), type=Manifest)
        wrong = _why_foreign(environment, manifest)
    except (OSError, ValueError, RecursionError) as error:
        wrong = getattr(error, "strerror", None) or str(error)
    else:
        if wrong is None:
            return manifest
    raise UnusableJournal(
        f"an installation was cut off in {environment.prefix}, and the list of what it had replaced can't "
        f"be used ({file}: {wrong}). Nothing was changed. What was kept lies in {file.parent}: leave it "
        "there, and make another environment with `envsetup setup DIR`."
    )


def _bytes_of(file: Path) -> bytes:
    told = file.lstat()
    if not stat.S_ISREG(told.st_mode):
        raise ValueError("it is no plain file")
    if told.st_size > LIMIT_BYTES:
        raise ValueError("it is larger than any list of envsetup's")
    return file.read_bytes()


def _why_foreign(environment: Environment, manifest: Manifest) -> str | None:
    """Why the list isn't one of this environment, None where it is."""
    if not len(manifest.bases) == len(manifest.files) == len(manifest.present) > 0:
        return "its parts don't fit together"
    other = [base for base in manifest.bases[1:] if base not in environment.bases]
    if other:
        return f"it speaks of {other[0]}, which isn't of this environment"
    names = [name for files in manifest.files for name in files.values()]
    bad = [name for name in names if not KEPT.fullmatch(name)]
    bad += [path for paths in manifest.present for path in paths if _leads_out(path.rstrip("/"))]
    bad += [path for files in manifest.files for path in files if _leads_out(path)]
    if bad:
        return f"{bad[0]!r} names no file of the environment"
    journal, resolved = Journal(environment, manifest), Resolver()
    out = [path for path, _ in journal.kept() if environment.spot(resolved(path)) is None]
    return f"{out[0]} leads out of the environment" if out else None


def _leads_out(relative: str) -> bool:
    parts = relative.replace(os.sep, "/").split("/")
    return any(part in ("", ".", "..") or ":" in part and os.name == "nt" for part in parts) or (
        "\0" in relative
    )


def _empty(place: Path) -> None:
    """Removes what envsetup puts into the folder of a journal, and the folder where nothing else is in it."""
    with os.scandir(place) as entries:
        names = [entry.name for entry in entries]
    for name in names:
        if KEPT.fullmatch(name) or name in (MANIFEST, f"{MANIFEST}.part"):
            _unlink(place / name)
    try:
        place.rmdir()
    except OSError:
        return


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
