"""What an installer would do, asked before it does anything: packages, files and their sizes."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from envsetup.host import run_program
from envsetup.host.http import fetch
from envsetup.installer.fallback import last_words
from envsetup.model import Command, Record

RESOLVE_LIMIT_S = 900.0
"""Where an index has no metadata files, an installer fetches whole wheels to read them."""
SIZES_LIMIT_S = 15.0
ONE_SIZE_LIMIT_S = 5.0
OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024
NO_SUCH_OPTION = re.compile(r"no such option: --(dry-run|report)")


class ResolveError(Exception):
    """The installer can't do what the plan says; the text is the installer's own and a remedy."""


class Wanted(Record):
    """One package that would be installed."""

    name: str
    version: str
    url: str | None = None
    size_bytes: int | None = None
    """Of the file to fetch; None where nobody told."""

    @property
    def fetched(self) -> bool:
        """Whether it comes over the network."""
        return self.url is None or urlsplit(self.url).scheme in ("http", "https")


def resolve(command: Command, env: Mapping[str, str]) -> tuple[Wanted, ...]:
    """Everything that the command would install, with sizes as far as they can be had.

    Raises ResolveError with the installer's last words.
    """
    asked = _by_uv if os.path.basename(command.argv[0]) in ("uv", "uv.exe") else _by_pip
    return _with_sizes(asked(command, {**env, **command.env}))


def _by_pip(command: Command, env: dict[str, str]) -> list[Wanted]:
    with tempfile.TemporaryDirectory(prefix="envsetup-") as folder:
        report = Path(folder) / "report.json"
        argv = [*command.argv, "--dry-run", "--quiet", "--report", str(report)]
        completed = run_program(argv, RESOLVE_LIMIT_S, env, output_limit_bytes=OUTPUT_LIMIT_BYTES)
        if NO_SUCH_OPTION.search(completed.stderr):
            raise ResolveError(
                "pip in this environment is older than 22.2 and can't tell what it would install. "
                f"Renew it: {command.argv[0]} -m pip install --upgrade pip"
            )
        if not completed.ok:
            raise ResolveError(_why(completed.timed_out, completed.error, completed.stderr))
        try:
            listed = json.loads(report.read_text("utf-8"))["install"]
            return [_of_report(one) for one in listed]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ResolveError(
                f"pip's report of what it would install can't be read: {error}"
            ) from error


def _of_report(one: dict[str, dict[str, str]]) -> Wanted:
    told = one["metadata"]
    return Wanted(name=told["name"], version=told["version"], url=one["download_info"]["url"])


def _why(timed_out: bool, error: str, said: str) -> str:
    if timed_out:
        return f"no answer after {RESOLVE_LIMIT_S:.0f} s"
    return error or last_words(said)


SELECTED = re.compile(r"Selecting: ([^\s=]+)==(\S+) \[\w+\] \(([^)]{1,300})\)")
ADDED = re.compile(r"^ \+ (\S+?)==(\S+)", re.MULTILINE)


def _by_uv(command: Command, env: dict[str, str]) -> list[Wanted]:
    argv = [*command.argv, "--dry-run", "--verbose", "--color", "never"]
    completed = run_program(argv, RESOLVE_LIMIT_S, env, output_limit_bytes=OUTPUT_LIMIT_BYTES)
    if not completed.ok:
        quiet = "\n".join(
            line
            for line in completed.stderr.splitlines()
            if not re.match(r"(DEBUG|TRACE|INFO) ", line)
        )
        raise ResolveError(_why(completed.timed_out, completed.error, quiet))
    added = ADDED.findall(completed.stderr)
    files = {name: file for name, _, file in SELECTED.findall(completed.stderr)}
    places = _uv_lock(command, env) if added else {}
    return [
        replace(
            places.get(files.get(name, ""), Wanted(name=name, version="")), name=name, version=v
        )
        for name, v in added
    ]


def _uv_lock(command: Command, env: dict[str, str]) -> dict[str, Wanted]:
    """File name to address and size, from a lock of the same requirements; empty where uv has none."""
    words = list(command.argv[command.argv.index("install") + 1 :])
    pins = [word for word in words if re.match(r"[A-Za-z0-9][\w.-]*(?:[=<>~!]|$)", word)]
    options = _options(words, pins)
    with tempfile.TemporaryDirectory(prefix="envsetup-") as folder:
        wanted = Path(folder) / "requirements.in"
        wanted.write_text("\n".join(pins) + "\n", "utf-8")
        argv = [command.argv[0], "pip", "compile", str(wanted), *options]
        argv += ["--format", "pylock.toml", "--quiet", "--color", "never"]
        completed = run_program(argv, RESOLVE_LIMIT_S, env, output_limit_bytes=OUTPUT_LIMIT_BYTES)
    return _of_lock(completed.stdout) if completed.ok else {}


def _options(words: Sequence[str], pins: list[str]) -> list[str]:
    """The words that are options with their values: a value may look like a requirement."""
    options: list[str] = []
    for before, word in zip(("", *words), words, strict=False):
        if word.startswith("-"):
            options.append(word)
        elif before.startswith("--") and before not in ("--pre", "--no-index"):
            options.append(word)
            if word in pins:
                pins.remove(word)
    return options


def _of_lock(text: str) -> dict[str, Wanted]:
    from envsetup.host.toml_input import decode_toml

    try:
        packages = decode_toml(text.encode())["packages"]
        wheels = [(one["name"], wheel) for one in packages for wheel in one.get("wheels", ())]
        found = {}
        for name, wheel in wheels:
            address = wheel.get("url") or Path(wheel["path"]).as_uri()
            file = unquote(urlsplit(address).path.rsplit("/", 1)[-1])
            size = wheel.get("size")
            found[file] = Wanted(name=name, version="", url=address, size_bytes=size)
        return found
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


# -- sizes ---------------------------------------------------------------------------------------


def _with_sizes(wanted: Iterable[Wanted]) -> tuple[Wanted, ...]:
    """Asks for the sizes that are missing, side by side; what doesn't answer in time stays unknown."""
    listed = list(wanted)
    pool = ThreadPoolExecutor(max_workers=8)
    asked = [pool.submit(_sized, one) for one in listed]
    wait(asked, SIZES_LIMIT_S)
    pool.shutdown(wait=False, cancel_futures=True)
    return tuple(
        future.result() if future.done() and not future.cancelled() else one
        for one, future in zip(listed, asked, strict=True)
    )


def _sized(one: Wanted) -> Wanted:
    if one.url is None or one.size_bytes is not None:
        return one
    place = urlsplit(one.url)
    try:
        if place.scheme == "file":
            return replace(one, size_bytes=os.stat(unquote(place.path)).st_size)
    except OSError:
        return one
    return replace(one, size_bytes=fetch(one.url, ONE_SIZE_LIMIT_S, method="HEAD").size_bytes)
