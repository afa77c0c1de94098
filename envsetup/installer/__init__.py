"""Makes an environment and installs the plan into it; what fails or is cut off leaves none half-made.

A marker file inside says that envsetup made the environment and whether it came to its end. Virtual
environments can't be moved, so one is made in place, marked `incomplete`, and cleared on any failure, or
by the next setup. In one that stood before, what is replaced is kept until the end, as `--apply` does.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from envsetup.doctor import ask_or_raise
from envsetup.installer.apply import carry_out_plan
from envsetup.installer.fallback import (
    fallback_plan,
    is_network_trouble,
    last_words,
    listing,
    pinned,
    unreachable,
)
from envsetup.installer.folder import SetupError, State, half_made, held_folder, state_of
from envsetup.installer.forecast import ApplyError, forecast, obstacle
from envsetup.installer.lock import Lock
from envsetup.installer.offline import without_network
from envsetup.installer.running import Tell, run_told
from envsetup.model import Absent, Command, Known, Machine, Plan, Record, value_of
from envsetup.plan import Request, candidates, make_plan
from envsetup.plan.repair import over_damage
from envsetup.plan.request import PACKAGES
from envsetup.probes.snapshot import take_snapshot
from envsetup.target import interpreter_in, target_environment

if TYPE_CHECKING:
    from envsetup.host import Host
    from envsetup.knowledge import Knowledge

INSTALL_LIMIT_S = 3600.0
"""A CUDA build is gigabytes; on a slow line that is an hour."""
NO_ROOM = re.compile(r"No space left on device|Disk quota exceeded|not enough space on the disk")
Run = Callable[[Plan], tuple[int, str]]
"""Runs the commands of a plan: the exit code of the first that failed, and what it said."""


__all__ = [
    "Job", "Prepared", "SetupError", "carry_out", "extras", "held_folder", "prepare", "state_of",
]  # fmt: skip


class Job(Record):
    """What `setup` was asked for; `base` is the interpreter that the environment is made from."""

    folder: str
    base: str
    requirements: tuple[str, ...] = ()
    """Beside torch: companions take part in the joint choice, other packages are installed after it."""
    backend: str = "auto"
    installer: str = "pip"
    allow_cpu: bool = False
    offline: bool = False
    yes: bool = False
    mirror: str | None = None


class Prepared(Record):
    """What stands and what is to be done."""

    state: State
    python: str
    machine: Machine
    plan: Plan


# -- looking -----------------------------------------------------------------------------------------


def future_python(folder: Path) -> str:
    """Where the interpreter of an environment in that folder lies, or will lie."""
    found = interpreter_in(folder)
    place = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    return str(found or folder / place)


def prepare(job: Job, host: Host, knowledge: Knowledge) -> Prepared:
    """Probes and plans; changes nothing. Raises SetupError and TargetError."""
    folder = Path(job.folder).absolute()
    state = state_of(folder)
    python = future_python(folder)
    existing = state in ("ours", "foreign")
    asked = ask_or_raise(python if existing else job.base)
    machine = take_snapshot(host, asked)
    if not existing:
        machine = _as_new(machine, folder, python)
    plan = make_plan(machine, knowledge, _request(job, python))
    return Prepared(state=state, python=python, machine=machine, plan=plan)


def _request(job: Job, python: str) -> Request:
    named = dict(map(split_requirement, job.requirements))
    family = {name: text for name, text in named.items() if name in PACKAGES}
    return Request(
        specifiers={"torch": "", **family},
        backend=job.backend,
        installer=job.installer,
        allow_cpu=job.allow_cpu,
        mirror=job.mirror,
        python=python,
    )


def split_requirement(text: str) -> tuple[str, str]:
    """Normalised name and PEP 440 specifier. Raises SetupError for anything else, such as an option."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    try:
        read = Requirement(text)
    except InvalidRequirement as error:
        raise SetupError(
            f"--with {text!r} is no requirement: give a name with versions, such as torchvision==0.24.*",
            usage=True,
        ) from error
    if read.url or read.marker:
        raise SetupError(f"--with {text!r}: no address or marker, a name with versions", usage=True)
    return canonicalize_name(read.name), str(read.specifier)


def extras(job: Job) -> list[str]:
    """What was asked for beside the torch family, for the default index."""
    return [r for r in job.requirements if split_requirement(r)[0] not in PACKAGES]


def _as_new(machine: Machine, folder: Path, python: str) -> Machine:
    """The machine with an environment that holds nothing yet."""
    base = value_of(machine.python)
    assert base is not None
    empty = replace(
        base,
        executable=python,
        prefix=str(folder),
        in_venv=True,
        conda_prefix=None,
        externally_managed=False,
        site_packages=(),
    )
    assert isinstance(machine.python, Known)
    return replace(
        machine,
        python=replace(machine.python, value=empty),
        packages=Known(value=(), source=machine.python.source),
        torch=Absent(),
    )


# -- doing -------------------------------------------------------------------------------------------


def carry_out(
    job: Job, ready: Prepared, knowledge: Knowledge, host: Host, tell: Tell, lock: Lock
) -> Plan:
    """Makes the environment where there is none and installs; gives the plan that was carried out.

    Raises SetupError; then an environment that this call made is gone again, and one that was there is
    as it was. The lock on the folder must be held.
    """
    work = _Work(job, ready, knowledge, target_environment(host.env()), tell, lock)
    if ready.plan.action == "keep":
        return ready.plan
    if ready.state in ("ours", "foreign"):
        return _change(work)
    folder = Path(job.folder).absolute()
    with half_made(folder, tell):
        _make(work, folder)
        done = _install(work, lambda plan: _run_plan(work, plan))
        _install_extras(work)
    return done


class _Work:
    """What one run of `setup` works with."""

    def __init__(
        self,
        job: Job,
        ready: Prepared,
        knowledge: Knowledge,
        env: dict[str, str],
        tell: Tell,
        lock: Lock,
    ) -> None:
        self.job = job
        self.ready = ready
        self.knowledge = knowledge
        self.tell = tell
        self.lock = lock
        self._env = env

    @functools.cached_property
    def installing(self) -> dict[str, str]:
        """The variables for the installer, whose interpreter must be there by now."""
        return without_network(self._env, self.ready.python) if self.job.offline else self._env

    @property
    def making(self) -> dict[str, str]:
        return self._env


def _make(work: _Work, folder: Path) -> None:
    job = work.job
    work.tell.step(f"making the environment {job.folder}")
    if job.installer == "uv":
        argv = ["uv", "venv", "--allow-existing", "--python", job.base, str(folder)]
    else:
        argv = [job.base, "-m", "venv", str(folder)]
    code, said = run_told(argv, work.making, lambda _line: None, 600.0, work.lock.inherited)
    if code != 0 or interpreter_in(folder) is None:
        raise _failed(f"the environment could not be made ({' '.join(argv)})", said)


def _failed(what: str, said: str) -> SetupError:
    return SetupError(f"{what}: {last_words(said)}", usage=bool(NO_ROOM.search(said)))


def _change(work: _Work) -> Plan:
    """Installs into an environment that stands: what it replaces is kept until that has ended."""
    job, ready = work.job, work.ready
    if ready.state == "foreign" and not job.yes:
        raise SetupError(
            f"{job.folder} was not made by envsetup, and it would be changed: "
            f"{' '.join(ready.plan.requirements)}. Give --yes to allow it.",
            usage=True,
        )
    why_not = obstacle(ready.plan, ready.machine)
    if why_not is not None:
        raise SetupError(why_not, usage=True)
    return _install(work, lambda plan: _run_journaled(work, plan))


def _run_journaled(work: _Work, plan: Plan) -> tuple[int, str]:
    more = (_extras_command(work),) if extras(work.job) else ()
    python = value_of(work.ready.machine.python)
    assert python is not None
    whole = replace(plan, commands=(*plan.commands, *more))
    try:
        told = forecast(whole, work.ready.machine, work.installing, offline=False)
        carry_out_plan(told, python, work.installing, work.tell, work.lock, lambda *_: ())
    except ApplyError as error:
        return 1, str(error)
    return 0, ""


def _install(work: _Work, run: Run) -> Plan:
    plan = work.ready.plan
    why = "--offline was given" if work.job.offline else unreachable(plan.index_url)
    if why is None:
        code, said = run(plan)
        if code == 0:
            return plan
        if not is_network_trouble(said):
            raise _failed("the installation failed", said)
        why = last_words(said)
    work.tell.step(
        f"the wheel index {plan.index_url} can't be used ({why}); trying what pip is offered here"
    )
    return _fall_back(work, why, run)


def _install_extras(work: _Work) -> None:
    wanted = extras(work.job)
    if not wanted:
        return
    plan = Plan(action="install", commands=(_extras_command(work),))
    code, said = _run_plan(work, plan)
    if code != 0:
        raise _failed(f"{', '.join(wanted)} could not be installed", said)


def _extras_command(work: _Work) -> Command:
    python, job = work.ready.python, work.job
    argv = ["uv", "pip", "install", "--python", python] if job.installer == "uv" else []
    argv = argv or [python, "-m", "pip", "install"]
    return Command(argv=(*argv, *extras(job), *(["--no-index"] if job.offline else [])))


def _run_plan(work: _Work, plan: Plan) -> tuple[int, str]:
    said = ""
    for command in plan.commands:
        work.tell.step(f"installing: {' '.join(command.argv)}")
        env = {**work.installing, **command.env}
        code, said = run_told(
            command.argv, env, work.tell.detail, INSTALL_LIMIT_S, work.lock.inherited
        )
        if code != 0:
            return code, said
    return 0, said


def _fall_back(work: _Work, why: str, run: Run) -> Plan:
    """Tries the plan's candidates in order against what pip is configured to offer."""
    job, ready, knowledge = work.job, work.ready, work.knowledge
    offered = listing(ready.python, work.installing, offline=job.offline)
    for candidate in candidates(ready.machine, knowledge, _request(job, ready.python)):
        version, build = candidate.version, candidate.build
        pin = pinned(version, build, offered, knowledge, ready.machine)
        if pin is None:
            continue
        pins = (f"torch=={pin}", *_companions(job, knowledge, version))
        plan = fallback_plan(ready.plan, ready.python, version, build, pins, why, job.offline)
        plan = over_damage(plan, ready.machine)
        code, said = run(plan)
        if code == 0:
            return plan
        work.tell.step(f"torch=={pin} could not be installed: {last_words(said)}")
    told = ", ".join(offered[:8]) or "nothing"
    raise SetupError(
        f"the wheel index {ready.plan.index_url} can't be used ({why}), and nothing that pip is "
        f"offered here fits this machine (torch: {told}). Make the index reachable, give a mirror "
        "by ENVSETUP_MIRROR, or configure pip with a folder of wheels (find-links)."
    )


def _companions(job: Job, knowledge: Knowledge, version: str) -> list[str]:
    pins = []
    for name, wanted in map(split_requirement, job.requirements):
        if name in PACKAGES and name != "torch":
            pair = knowledge.companion(version, name)
            pins.append(f"{name}=={pair}" if pair else f"{name}{wanted}")
    return pins
