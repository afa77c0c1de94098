"""What a folder is as an environment: whose, made for what, and which interpreter it has."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from envsetup.model import Known, Source
from envsetup.probes.unfinished import MARKER, says_incomplete

TOOL_HOME = ".venv-tool"
"""Where start.py puts envsetup."""
TOOL_MARKS = {"pipx_metadata.json": "pipx", "uv-receipt.toml": "uv tool"}
"""Files that pipx and `uv tool install` leave in an environment that they made for one program."""
INTERPRETERS = ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe")
SITE_PACKAGES = ("lib/python*/site-packages", "lib64/python*/site-packages", "Lib/site-packages")


def interpreter_in(environment: Path | str) -> Path | None:
    """The interpreter of a virtual or conda environment, or None."""
    places = (Path(environment) / place for place in INTERPRETERS)
    return next((place for place in places if os.path.exists(place)), None)


def half_made(environment: str) -> str:
    """The remedy where `envsetup setup` was cut off in the folder, empty where it was not."""
    path = os.path.join(environment, MARKER)
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(4096) if os.path.isfile(path) else ""
    except (OSError, ValueError):
        return ""
    said = Known(value=text, source=Source(kind="file", ref=path))
    if not says_incomplete(said):
        return ""
    return f"a setup was cut off there, or still works: run `envsetup setup {environment}` again"


def prefix_of(interpreter: str) -> str:
    """The folder of the environment that an interpreter's path lies in; links are not followed."""
    folder = os.path.dirname(os.path.abspath(interpreter))
    inner = os.path.basename(folder).lower() in ("bin", "scripts")
    return os.path.dirname(folder) if inner else folder


def made_for_a_tool(prefix: str, environ: Mapping[str, str]) -> str | None:
    """Who made the environment for one program alone; None where that isn't so."""
    real = os.path.realpath(prefix)
    if TOOL_HOME in (os.path.basename(os.path.normpath(prefix)), os.path.basename(real)):
        return "start.py"
    for mark, maker in TOOL_MARKS.items():
        if os.path.isfile(os.path.join(prefix, mark)):
            return maker
    caches = map(os.path.realpath, _uv_caches(environ))
    return "uvx" if any(real.startswith(cache + os.sep) for cache in caches) else None


def _uv_caches(environ: Mapping[str, str]) -> list[str]:
    """Where uv keeps what it runs once. Source: uv's documentation, "Caching"."""
    named = environ.get("UV_CACHE_DIR")
    if named:
        return [named]
    home = environ.get("HOME") or environ.get("USERPROFILE")
    bases = (environ.get("XDG_CACHE_HOME"), environ.get("LOCALAPPDATA"), home)
    inside = ("uv", os.path.join("uv", "cache"), os.path.join(".cache", "uv"))
    return [os.path.join(base, rest) for base, rest in zip(bases, inside, strict=True) if base]


def is_own(prefix: str) -> bool:
    """Whether envsetup runs in it."""
    return os.path.realpath(prefix) == os.path.realpath(sys.prefix)


def holds_torch(prefix: str) -> bool:
    """Whether torch lies in its site-packages, seen by the files alone."""
    found = (glob.glob(os.path.join(glob.escape(prefix), site, "torch")) for site in SITE_PACKAGES)
    return any(os.path.isdir(path) for paths in found for path in paths)


def is_conda_base(prefix: str, environ: Mapping[str, str]) -> bool:
    """conda's own environment: the one with its commands in it, by name where it is active."""
    active = environ.get("CONDA_PREFIX") == prefix
    named = active and environ.get("CONDA_DEFAULT_ENV") in ("base", "root")
    return named or os.path.isdir(os.path.join(prefix, "condabin"))


def foreign_owner(folder: str) -> bool:
    """Whether the folder, or the link in its place, belongs to another than this user and root."""
    if sys.platform == "win32" or not os.path.exists(folder):
        return False
    trusted = (0, os.getuid())
    return any(how(folder).st_uid not in trusted for how in (os.lstat, os.stat))


def told_version(prefix: str) -> str | None:
    """The version that pyvenv.cfg tells, without starting anything."""
    try:
        lines = Path(prefix, "pyvenv.cfg").read_text("utf-8", "replace").splitlines()[:50]
    except OSError:
        return None
    told = {k.strip().lower(): v.strip() for k, _, v in (one.partition("=") for one in lines)}
    return told.get("version_info") or told.get("version")
