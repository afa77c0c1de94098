"""The machine that envsetup runs on, or a tree of files made up to look like one."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from envsetup.host.name_lookup import LOOKUPS, answer_without_lookup
from envsetup.host.programs import Completed, run_program
from envsetup.host.protocol import Host
from envsetup.host.system_calls import answer
from envsetup.model import Absent, Fact, Known, OsName, Source, Unreadable


def local_os() -> OsName:
    if sys.platform == "win32":
        return "windows"
    return "macos" if sys.platform == "darwin" else "linux"


def _words(error: Exception) -> str:
    """What the system said; ValueError is a path with a NUL in it."""
    return getattr(error, "strerror", None) or str(error)


class LocalHost(Host):
    """The machine that envsetup runs on; with another `root`, the tree of files below it.

    `no_lookups`: why no host name may be looked up; empty where names may be.
    """

    def __init__(
        self, root: str = "/", environ: Mapping[str, str] | None = None, *, no_lookups: str = ""
    ) -> None:
        self.root = Path(root)
        self.os_name: OsName = local_os()
        self._no_lookups = no_lookups
        self._environ = dict(os.environ if environ is None else environ)

    def _path(self, path: str) -> Path:
        return Path(path) if self.root == Path("/") else self.root / path.lstrip("/")

    def read(self, path: str, limit_bytes: int = 1 << 20) -> Fact[str]:
        source = Source(kind="file", ref=path)
        try:
            with open(self._path(path), "rb") as file:
                return Known(value=file.read(limit_bytes).decode("utf-8", "replace"), source=source)
        except (FileNotFoundError, NotADirectoryError):
            return Absent(tried=(source,))
        except (OSError, ValueError) as error:
            return Unreadable(error=_words(error), source=source)

    def list(self, path: str) -> Fact[tuple[str, ...]]:
        source = Source(kind="file", ref=path)
        try:
            return Known(value=tuple(sorted(os.listdir(self._path(path)))), source=source)
        except (FileNotFoundError, NotADirectoryError):
            return Absent(tried=(source,))
        except (OSError, ValueError) as error:
            return Unreadable(error=_words(error), source=source)

    def realpath(self, path: str) -> Fact[str]:
        source = Source(kind="file", ref=path)
        try:
            return Known(value=os.path.realpath(self._path(path), strict=True), source=source)
        except FileNotFoundError:
            return Absent(tried=(source,))
        except (OSError, ValueError) as error:
            return Unreadable(error=_words(error), source=source)

    def call(self, name: str) -> Fact[str]:
        if self._no_lookups and name in LOOKUPS:
            return answer_without_lookup(name, self._no_lookups)
        return answer(name)

    def env(self) -> Mapping[str, str]:
        return self._environ

    def which(self, program: str) -> str | None:
        return shutil.which(program, path=self._environ.get("PATH"))

    def run(
        self,
        argv: Sequence[str],
        timeout_s: float,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> Completed:
        return run_program(argv, timeout_s, self._environ if env is None else env, cwd)
