"""A Python named by its version, looked up on PATH, at pyenv's, among uv's own and in Windows' registry."""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping

from envsetup.host import run_program
from envsetup.model import Record

START_LIMIT_S = 5.0
WORDS = re.compile(r"(?:c?python@?)?(?P<version>3(?:\.\d{1,2}){0,2})(?P<free>t)?(?:\.exe)?")
ASK = (
    "import sys, sysconfig; print('.'.join(map(str, sys.version_info[:3])), "
    "int(bool(sysconfig.get_config_var('Py_GIL_DISABLED'))), sys.executable)"
)


class Wanted(Record):
    """A version as far as it was said: `3.12` is any 3.12."""

    version: str
    free_threaded: bool = False

    def met_by(self, version: str, free_threaded: bool) -> bool:
        told = version.split(".")[: self.version.count(".") + 1]
        return told == self.version.split(".") and free_threaded is self.free_threaded


class Seen(Record):
    """What an interpreter says of itself at its start."""

    version: str
    free_threaded: bool
    executable: str


def wanted(text: str) -> Wanted | None:
    """The version that a word names (`3.12`, `3.14t`, `python3.12`); None where it is none."""
    match = WORDS.fullmatch(text)
    return match and Wanted(version=match["version"], free_threaded=bool(match["free"]))


def find_version(one: Wanted, environ: Mapping[str, str]) -> str | None:
    """The first interpreter of that version; each is started to see, as a name may lie."""
    for path in (*_on_path(one, environ), *_pyenv(one, environ), *_uv(one, environ), *_registry()):
        told = see(path, environ)
        if told is not None and one.met_by(told.version, told.free_threaded):
            return os.path.abspath(told.executable if is_shim(path) else path)
    return None


def see(path: str, environ: Mapping[str, str]) -> Seen | None:
    """What an interpreter says; None where nothing that works stands behind the path."""
    done = run_program((path, "-c", ASK), START_LIMIT_S, dict(environ), output_limit_bytes=1 << 16)
    words = done.stdout.strip().splitlines()[-1:] if done.ok else []
    told = words[0].split(" ", 2) if words else []
    if len(told) != 3 or not told[2]:
        return None
    return Seen(version=told[0], free_threaded=told[1] == "1", executable=told[2])


def is_shim(path: str) -> bool:
    """Whether a program stands there that only looks for the one meant: pyenv, asdf, mise."""
    if os.path.basename(os.path.dirname(path)) == "shims":
        return True
    try:
        with open(path, "rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


def is_store_alias(path: str) -> bool:
    """Windows' own `python.exe`, which opens the store where no Python is installed."""
    return "windowsapps" in path.lower().replace("/", "\\").split("\\")


def programs(names: Iterable[str], environ: Mapping[str, str]) -> Iterator[str]:
    """Every program of these names on PATH, in order, a name at a time."""
    folders = [f for f in environ.get("PATH", "").split(os.pathsep) if os.path.isabs(f)]
    ending = ".exe" if sys.platform == "win32" else ""
    for name in names:
        for folder in folders:
            path = os.path.join(folder, name + ending)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                yield path


def _on_path(one: Wanted, environ: Mapping[str, str]) -> Iterator[str]:
    minor = ".".join(one.version.split(".")[:2]) + "t" * one.free_threaded
    names = dict.fromkeys((f"python{minor}", "python3", "python"))
    return (path for path in programs(names, environ) if not is_store_alias(path))


def _pyenv(one: Wanted, environ: Mapping[str, str]) -> Iterator[str]:
    root = environ.get("PYENV_ROOT") or _below_home(environ, ".pyenv")
    yield from _versions_in(os.path.join(root, "versions"), one)
    yield from _versions_in(os.path.join(root, "pyenv-win", "versions"), one)


def _uv(one: Wanted, environ: Mapping[str, str]) -> Iterator[str]:
    """Source: uv's documentation, "Storage", "Python versions"."""
    data = environ.get("XDG_DATA_HOME") or _below_home(environ, ".local", "share")
    if sys.platform == "win32":
        data = environ.get("APPDATA", data)
    yield from _versions_in(
        environ.get("UV_PYTHON_INSTALL_DIR") or os.path.join(data, "uv", "python"), one
    )


def _below_home(environ: Mapping[str, str], *names: str) -> str:
    return os.path.join(environ.get("HOME") or environ.get("USERPROFILE") or os.sep, *names)


def _versions_in(folder: str, one: Wanted) -> list[str]:
    """Interpreters of folders that are named after a version such as `3.12.4`, the newest first."""
    found = []
    for place in glob.glob(os.path.join(glob.escape(folder), "*")):
        told = re.search(r"(?:^|-)(3(?:\.\d+){1,2})", os.path.basename(place))
        if told and f"{told[1]}.".startswith(f"{one.version}."):
            found.append((tuple(map(int, told[1].split("."))), place))
    names = ("bin/python", "bin/python3", "python.exe")
    paths = (os.path.join(place, n) for _, place in sorted(found, reverse=True) for n in names)
    return [path for path in paths if os.path.isfile(path)]


if sys.platform == "win32":
    import contextlib
    import winreg

    def _registry() -> Iterator[str]:
        """Interpreters that the registry names (PEP 514)."""
        for hive in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
            for company in _keys(hive, r"Software\Python"):
                for tag in _keys(hive, rf"Software\Python\{company}"):
                    place = rf"Software\Python\{company}\{tag}\InstallPath"
                    with contextlib.suppress(OSError), winreg.OpenKey(hive, place) as key:
                        yield str(winreg.QueryValueEx(key, "ExecutablePath")[0])

    def _keys(hive: int, path: str) -> list[str]:
        try:
            with winreg.OpenKey(hive, path) as key:
                return [winreg.EnumKey(key, i) for i in range(winreg.QueryInfoKey(key)[0])]
        except OSError:
            return []

else:

    def _registry() -> Iterator[str]:
        yield from ()
