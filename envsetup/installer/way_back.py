"""Commands by which a person brings back what an installation is about to replace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from envsetup.installer.distributions import Held, normal
from envsetup.model import Command, Plan, Python
from envsetup.plan.request import INDEX, PACKAGES

BUILD = re.compile(r"\+((?:cu|rocm|cpu|xpu)[\d.]*)$")


def way_back(
    plan: Plan, python: Python, replaced: tuple[Held, ...], names: list[str]
) -> Iterator[Command]:
    """Commands that bring back what is replaced, and take out what is added."""
    pip = _Installer(plan, python)
    was = {normal(one.name): one for one in replaced}
    of_indexes = {name: one for name, one in was.items() if one.url is None}
    yield from _of_family(pip, [one for name, one in of_indexes.items() if name in PACKAGES])
    yield from _of_others(pip, [one for name, one in of_indexes.items() if name not in PACKAGES])
    yield from (_of_place(pip, one) for one in was.values() if one.url is not None)
    yield from _taken_out(pip, [name for name in names if name not in was])


class _Installer:
    """pip or uv, as the plan uses it, with the words of a command."""

    def __init__(self, plan: Plan, python: Python) -> None:
        self.uv = plan.installer == "uv"
        self._python = python.executable

    def command(self, what: str, *words: str) -> Command:
        if self.uv:
            return Command(argv=("uv", "pip", what, "--python", self._python, *words))
        return Command(argv=(self._python, "-m", "pip", what, *words))


def _of_family(pip: _Installer, family: list[Held]) -> Iterator[Command]:
    """torch and its companions, from the index of the build that they are of."""
    if family:
        build = BUILD.search(family[0].version)
        index = ("--index-url", f"{INDEX}/{build.group(1)}") if build else ()
        yield pip.command("install", *_pins(family), *index)


def _of_others(pip: _Installer, others: list[Held]) -> Iterator[Command]:
    if others:
        yield pip.command("install", "--no-deps", *_pins(others))


def _pins(held: list[Held]) -> list[str]:
    return [f"{one.name}=={one.version}" for one in held]


def _of_place(pip: _Installer, one: Held) -> Command:
    """What came from an address, from there."""
    url = one.url or ""
    words = ("-e", _path(url)) if one.editable else (f"{one.name} @ {url}",)
    return pip.command("install", "--no-deps", *words)


def _path(url: str) -> str:
    place = urlsplit(url)
    return unquote(place.path) if place.scheme == "file" else url


def _taken_out(pip: _Installer, added: list[str]) -> Iterator[Command]:
    if added:
        yield pip.command("uninstall", *([] if pip.uv else ["-y"]), *added)
