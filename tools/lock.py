"""Writes the lock files anew: exact versions with hashes, for every Python and system that envsetup supports.

    .venv-tool/bin/python tools/lock.py            as few changes as the bounds in pyproject.toml allow
    .venv-tool/bin/python tools/lock.py --upgrade  everything at its newest

`requirements/tool.txt` holds what the tool needs with the build backend, `test.txt` what its tests
need too, `release.txt` what a release is described with. All three agree on what they share. uv
resolves them; it belongs to the extra `test`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "requirements"
OLDEST = "3.10"
HEAD = "# Exact versions with hashes, for every Python from 3.10 on. Written by tools/lock.py; don't edit.\n"
EXTRAS = {"test": ("test",), "tool": (), "release": ("release",)}
"""Lock to the extras that it holds; the first is the widest, and the others take their versions from it."""


def main() -> None:
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    FOLDER.mkdir(exist_ok=True)
    for name, extras in EXTRAS.items():
        write(name, extras, upgrade)


def write(name: str, extras: tuple[str, ...], upgrade: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    out = FOLDER / f"{name}.txt"
    with tempfile.TemporaryDirectory() as folder:
        build = Path(folder) / "build.in"
        build.write_text("\n".join(project["build-system"]["requires"]) + "\n", "utf-8")
        argv = [uv(), "pip", "compile", "--quiet", "--universal", "--python-version", OLDEST]
        argv += ["--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate"]
        argv += [word for extra in extras for word in ("--extra", extra)]
        argv += [] if name == "test" else ["--constraint", str(FOLDER / "test.txt")]
        argv += [*upgrade, "--output-file", str(out), str(ROOT / "pyproject.toml"), str(build)]
        subprocess.run(argv, check=True)
    out.write_text(HEAD + without_addresses(out.read_text("utf-8")), "utf-8")


def without_addresses(text: str) -> str:
    """The lock without a word of which index it was made with. Raises SystemExit where one stands in a pin."""
    kept = [
        line
        for line in text.splitlines()
        if not re.match(r"\s*(#|--(?:extra-)?index|--find)", line)
    ]
    if any("://" in line for line in kept):
        raise SystemExit("a pin names an address: an index must offer every package by its name")
    return "\n".join(kept) + "\n"


def uv() -> str:
    beside = Path(sysconfig.get_path("scripts")) / ("uv.exe" if sys.platform == "win32" else "uv")
    return str(beside) if beside.exists() else "uv"


if __name__ == "__main__":
    main()
