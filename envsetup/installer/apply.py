"""Carries a plan out in an environment that stands already, and undoes it where that goes wrong.

Nothing changes before the installer has said what it would do and the disk was found large enough.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from envsetup.installer.fallback import last_words, unreachable
from envsetup.installer.lock import Tell, run_told
from envsetup.installer.resolve import ResolveError, Wanted, resolve
from envsetup.installer.rollback import Backup, Held, RestoreError, installed
from envsetup.model import (
    Applied,
    Change,
    Command,
    Machine,
    Outcome,
    Plan,
    Python,
    Record,
    value_of,
)
from envsetup.plan.request import INDEX, PACKAGES

INSTALL_LIMIT_S = 3600.0
UNPACKED = 2.2
"""Room that packages take against the size of their wheels: torch 2.11.0+cu130 with what it needs
(inferred from 5.2 GB installed against some 2.4 GB of wheels)."""
CHECKS = ("import", "tensor-arithmetic")
"""What must pass after the installation, on every device, for it to stay."""


class ApplyError(Exception):
    """The plan was not carried out; nothing is changed, unless `applied` says otherwise."""

    def __init__(self, message: str, applied: Applied | None = None) -> None:
        super().__init__(message)
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
        before = {_normal(one.name): one.version for one in self.replaced}
        return tuple(
            Change(name=w.name, before=before.get(_normal(w.name)), after=w.version)
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


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


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
    names = [_normal(w.name) for w in wanted]
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


def size(count: float) -> str:
    """A number of bytes as people read it."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def way_back(
    plan: Plan, python: Python, replaced: tuple[Held, ...], names: list[str]
) -> Iterator[Command]:
    """Commands that bring back what is replaced, and take out what is added."""
    if plan.installer == "uv":
        tool: tuple[str, ...] = ("uv", "pip")
        target: tuple[str, ...] = ("--python", python.executable)
    else:
        tool, target = (python.executable, "-m", "pip"), ()
    was = {_normal(one.name): one for one in replaced}
    family = [one for name, one in was.items() if name in PACKAGES and one.url is None]
    others = [one for name, one in was.items() if name not in PACKAGES and one.url is None]
    if family:
        pins = [f"{one.name}=={one.version}" for one in family]
        label = re.search(r"\+((?:cu|rocm|cpu|xpu)[\d.]*)$", family[0].version)
        index = ("--index-url", f"{INDEX}/{label.group(1)}") if label else ()
        yield Command(argv=(*tool, "install", *target, *pins, *index))
    if others:
        pins = [f"{one.name}=={one.version}" for one in others]
        yield Command(argv=(*tool, "install", *target, "--no-deps", *pins))
    for one in was.values():
        if one.url is not None:
            from_there = ("-e", _path(one.url)) if one.editable else (f"{one.name} @ {one.url}",)
            yield Command(argv=(*tool, "install", *target, "--no-deps", *from_there))
    added = [name for name in names if name not in was]
    if added:
        yes = () if plan.installer == "uv" else ("-y",)
        yield Command(argv=(*tool, "uninstall", *target, *yes, *added))


def _path(url: str) -> str:
    from urllib.parse import unquote, urlsplit

    place = urlsplit(url)
    return unquote(place.path) if place.scheme == "file" else url


# -- doing -------------------------------------------------------------------------------------------


def undo_what_was_cut_off(machine: Machine, tell: Tell) -> bool:
    """Puts back what a killed run left; whether there was one. Raises ApplyError."""
    python = value_of(machine.python)
    try:
        left = Backup.left_behind(python.site_packages if python is not None else ())
        if left is None:
            return False
        tell.step("an earlier installation was cut off: putting back what it had replaced")
        left.put_back()
    except (RestoreError, OSError) as error:
        raise ApplyError(str(error)) from error
    return True


def carry_out_plan(
    told: Forecast, machine: Machine, env: Mapping[str, str], tell: Tell
) -> tuple[Applied, tuple[Outcome, ...]]:
    """Installs, then checks; puts back what was there if either fails. Gives what the checks said.

    Raises ApplyError, whose `applied` says how the environment was left. An interruption puts back too.
    """
    python = value_of(machine.python)
    assert python is not None
    try:
        backup = Backup.take(python, told.replaced, [w.name for w in told.wanted])
    except OSError as error:
        raise ApplyError(
            f"what is installed can't be kept, nothing was changed: {error.strerror or error}"
        ) from error
    try:
        _install(told, python, env, tell)
        outcomes = _prove(python, tell)
    except BaseException as error:
        _undo(backup, told, error, tell)
        raise
    backup.drop()
    return told.applied("installed"), outcomes


class _Failed(Exception):
    """The installation or a check failed."""


def _install(told: Forecast, python: Python, env: Mapping[str, str], tell: Tell) -> None:
    for command in told.commands:
        argv = (*command.argv, *_meter(command, python))
        tell.step(f"installing: {' '.join(command.argv)}")
        surroundings = {**env, **command.env}
        code, said = run_told(argv, surroundings, Meter(tell).line, INSTALL_LIMIT_S)
        if code != 0:
            raise _Failed(f"the installation failed: {last_words(said)}")


def _meter(command: Command, python: Python) -> tuple[str, ...]:
    """pip tells its progress line by line since 24.1."""
    version = re.match(r"(\d+)\.(\d+)", python.pip_version or "")
    able = version is not None and (int(version[1]), int(version[2])) >= (24, 1)
    return ("--progress-bar", "raw") if able and command.argv[1:3] == ("-m", "pip") else ()


class Meter:
    """Turns pip's raw progress (`Progress 4096 of 12345`) into a line for each tenth of a file."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._file = ""
        self._tenths = -1

    def line(self, text: str) -> None:
        raw = re.match(r"Progress (\d+) of (\d+)", text.strip())
        if raw is None:
            if text.strip().startswith("Downloading "):
                self._file, self._tenths = text.strip(), -1
            self._tell.detail(text)
            return
        total = int(raw[2])
        tenths = 10 * int(raw[1]) // total if total else 0
        if tenths > self._tenths:
            self._tenths = tenths
            self._tell.detail(f"{self._file or 'downloading'}: {10 * tenths} % of {size(total)}")


def _prove(python: Python, tell: Tell) -> tuple[Outcome, ...]:
    """Runs the checks. Raises _Failed where torch doesn't load or doesn't compute."""
    from envsetup.doctor import BAD, Examination, run_doctor
    from envsetup.host import LocalHost
    from envsetup.knowledge import load

    host = LocalHost(no_lookups="these checks need none")
    tell.step(f"checking what was installed: {', '.join(CHECKS)}")
    report = run_doctor(python.executable, Examination(checks=CHECKS), host, load)
    bad = [one for one in report.checks if one.status in BAD]
    if bad:
        raise _Failed(
            f"what was installed doesn't work: {bad[0].id} {bad[0].status} on {bad[0].device or 'cpu'}: "
            f"{bad[0].message}"
        )
    return report.checks


def _undo(backup: Backup, told: Forecast, error: BaseException, tell: Tell) -> None:
    """Puts back. Raises ApplyError for a failure; an interruption is left to go on."""
    said = str(error) if isinstance(error, _Failed) else type(error).__name__
    tell.step("putting back what was installed before")
    try:
        backup.put_back()
    except (RestoreError, OSError) as trouble:
        by_hand = "; ".join(" ".join(c.argv) for c in told.restore)
        raise ApplyError(
            f"{said}. Putting back failed too: {trouble} By hand: {by_hand}",
            told.applied("left-half-done", said),
        ) from error
    if isinstance(error, _Failed):
        raise ApplyError(
            f"{said}. What was installed before is back; nothing is changed.",
            told.applied("put-back", said),
        ) from error
