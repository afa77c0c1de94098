"""What an installation would change, asked of the installer before anything is; and whether there is room."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping

from msgspec.structs import replace

from envsetup.installer.distributions import Held, installed, normal
from envsetup.installer.fallback import unreachable
from envsetup.installer.resolve import ResolveError, Wanted, resolve
from envsetup.installer.running import size
from envsetup.installer.way_back import way_back
from envsetup.model import (
    Applied,
    Change,
    Command,
    Machine,
    Plan,
    Python,
    Record,
    value_of,
)

UNPACKED = 2.2
"""Room that packages take against the size of their wheels: torch 2.11.0+cu130 with what it needs
(inferred from 5.2 GB installed against some 2.4 GB of wheels)."""


class ApplyError(Exception):
    """The plan was not carried out; nothing is changed, unless `applied` says otherwise.

    `usage`: in this environment it can't be, and the text says what to do first.
    """

    def __init__(
        self, message: str, applied: Applied | None = None, *, usage: bool = False
    ) -> None:
        super().__init__(message)
        self.usage = usage
        self.applied = applied or Applied(status="not-started", error=message)


class Forecast(Record):
    """What the installer says that it would do, and what stands there now."""

    commands: tuple[Command, ...]
    wanted: tuple[Wanted, ...]
    replaced: tuple[Held, ...]
    room_bytes: int
    """Free where the packages lie."""
    restore: tuple[Command, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        before = {normal(one.name): one.version for one in self.replaced}
        return tuple(
            Change(name=w.name, before=before.get(normal(w.name)), after=w.version)
            for w in self.wanted
        )

    @property
    def download_bytes(self) -> int:
        return sum(w.size_bytes or 0 for w in self.wanted if w.fetched)

    @property
    def sizes_unknown(self) -> int:
        return sum(w.size_bytes is None for w in self.wanted)

    @property
    def least_room_bytes(self) -> int:
        """Packages never unpack to less than their wheels."""
        return sum(w.size_bytes or 0 for w in self.wanted)

    def applied(self, status: str, error: str | None = None) -> Applied:
        return Applied(
            status=status,  # type: ignore[arg-type] # one of the words of Applied
            changes=self.changes,
            download_bytes=self.download_bytes,
            sizes_unknown=self.sizes_unknown,
            restore=self.restore,
            error=error,
        )


# -- before --------------------------------------------------------------------------------------


def obstacle(plan: Plan, machine: Machine) -> str | None:
    """Why the plan can't be carried out in this environment at all, None where it can be tried."""
    if plan.installer == "uv" and shutil.which("uv") is None:
        return "--installer uv: no uv on PATH. Install it, or leave --installer out to use pip."
    python = value_of(machine.python)
    if python is None:
        return "the target interpreter told nothing of itself. Name another with --python."
    return _closed(python) or _without_pip(plan, python)


def _closed(python: Python) -> str | None:
    remedy = (
        "Make an environment and install there: `envsetup setup .venv`, or "
        f"`{python.executable} -m venv .venv` and --python .venv."
    )
    if python.externally_managed and not python.in_venv:
        return (
            f"{python.executable} is managed by the system (EXTERNALLY-MANAGED) and is no virtual "
            f"environment: what is installed there may break the system's own programs. {remedy}"
        )
    there = [folder for folder in python.site_packages if os.path.isdir(folder)]
    if not there:
        return f"{python.executable} names no folder of packages that exists. {remedy}"
    if not os.access(there[0], os.W_OK):
        return f"{there[0]} can't be written by this user. {remedy}"
    return None


def _without_pip(plan: Plan, python: Python) -> str | None:
    if plan.installer == "pip" and python.pip_version is None:
        return (
            f"{python.executable} has no pip. Add it with `{python.executable} -m ensurepip`, "
            "or use --installer uv."
        )
    return None


def forecast(plan: Plan, machine: Machine, env: Mapping[str, str], *, offline: bool) -> Forecast:
    """Asks the installer what it would do. Raises ApplyError where it can't, or the disk is too small."""
    python = value_of(machine.python)
    assert python is not None
    commands = tuple(_offline(c) if offline else c for c in plan.commands)
    try:
        wanted = tuple(w for command in commands for w in resolve(command, env))
    except ResolveError as error:
        raise ApplyError(_unresolved(plan, str(error), offline=offline)) from error
    here = installed(python.site_packages)
    names = [normal(w.name) for w in wanted]
    replaced = tuple(here[name] for name in names if name in here)
    room = shutil.disk_usage(_folder(python)).free
    told = Forecast(
        commands=commands,
        wanted=wanted,
        replaced=replaced,
        room_bytes=room,
        restore=tuple(way_back(plan, python, replaced, names)),
    )
    _enough_room(told, python)
    return told


def _unresolved(plan: Plan, said: str, *, offline: bool) -> str:
    why = None if offline else unreachable(plan.index_url)
    if why is None:
        return f"the plan can't be carried out, nothing was changed: {said}"
    return (
        f"the wheel index {plan.index_url} can't be used ({why}), nothing was changed: {said} "
        "Make it reachable, or give a mirror by --mirror; `envsetup setup DIR` also takes what pip "
        "is configured to offer."
    )


def _folder(python: Python) -> str:
    return next(folder for folder in python.site_packages if os.path.isdir(folder))


def _offline(command: Command) -> Command:
    """The command without its index: what the installer is configured to offer must do."""
    words = list(command.argv)
    for option in ("--index-url", "--find-links"):
        if option in words:
            at = words.index(option)
            del words[at : at + 2]
    return replace(command, argv=(*words, "--no-index"))


def _enough_room(told: Forecast, python: Python) -> None:
    """Raises ApplyError where the disk is certainly too small."""
    folder = _folder(python)
    if told.least_room_bytes > told.room_bytes:
        raise ApplyError(
            f"the disk is too small, nothing was changed: the packages are {size(told.least_room_bytes)} "
            f"before they are unpacked, {folder} has {size(told.room_bytes)} free. Make room there."
        )
    scratch = tempfile.gettempdir()
    free = shutil.disk_usage(scratch).free
    if told.download_bytes > free:
        raise ApplyError(
            f"the folder for downloads is too small, nothing was changed: {size(told.download_bytes)} "
            f"would come, {scratch} has {size(free)} free. Set TMPDIR to a folder with more room."
        )
