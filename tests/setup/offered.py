"""What the tests of installations share: tiny wheels, an index that serves them, who hears of progress."""

from __future__ import annotations

import base64
import hashlib
import http.server
import os
import zipfile
from pathlib import Path

from envsetup.host import LocalHost


class Silence:
    """Hears of the progress and keeps it."""

    def __init__(self, stop_at: str = "") -> None:
        self.steps: list[str] = []
        self.stop_at = stop_at

    def step(self, text: str) -> None:
        self.steps.append(text)
        if self.stop_at and self.stop_at in text:
            raise KeyboardInterrupt

    def detail(self, text: str) -> None:
        pass


def wheel(
    folder: Path,
    version: str,
    name: str = "torch",
    modules: int = 0,
    requires: tuple[str, ...] = (),
) -> Path:
    """A package of a few bytes that any interpreter takes; as torch it passes no check.

    `modules` more files of some kilobytes, and a library of a megabyte, make it take a while to install.
    """
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    files = {
        f"{name}/__init__.py": f"from {name}.version import __version__\n",
        f"{name}/version.py": f"__version__ = {version!r}\ncuda = None\nhip = None\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if modules:
        files[f"{name}/lib.so"] = f"{version} " * 100_000
        files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{name}-run = {name}:run\n"
    for number in range(modules):
        files[f"{name}/part{number % 20}/m{number}.py"] = (
            f"# {version}\n" + f"x{number} = 1\n" * 300
        )
    rows = []
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
            rows.append(f"{file},sha256={digest.decode().rstrip('=')},{len(text)}")
        archive.writestr(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,"]) + "\n")
    return path


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def host(find_links: Path | None = None) -> LocalHost:
    """The real machine, with pip shut off from everything but what a test gives it."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
    environ |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    if find_links is not None:
        environ |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(find_links)}
    return LocalHost(environ=environ)
