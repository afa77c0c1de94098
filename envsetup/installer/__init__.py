"""Makes an environment and installs the plan into it; what fails or is interrupted leaves none half-made.

A marker file inside says that envsetup made the environment and whether it came to its end. Virtual
environments can't be moved, so one is made in place, marked `incomplete`, and removed on any failure.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from envsetup.doctor import ask_or_raise
from envsetup.installer.fallback import (
    fallback_plan,
    is_network_trouble,
    last_words,
    listing,
    pinned,
    unreachable,
)
from envsetup.installer.offline import without_network
from envsetup.installer.running import Tell, run_told
from envsetup.model import Absent, Command, Known, Machine, Plan, Record, value_of
from envsetup.plan import Request, candidates, make_plan
from envsetup.plan.repair import over_damage
from envsetup.plan.request import PACKAGES
from envsetup.probes import take_snapshot
from envsetup.target import interpreter_in, target_environment

if TYPE_CHECKING:
    from envsetup.host import Host
    from envsetup.knowledge import Knowledge

MARKER = ".envsetup.json"
INSTALL_LIMIT_S = 3600.0
"""A CUDA build is gigabytes; on a slow line that is an hour."""
State = Literal["new", "ours", "foreign", "incomplete"]


class SetupError(Exception):
    """Setup can't go on; `usage` where the request itself can't be followed."""

    def __init__(self, message: str, *, usage: bool = False) -> None:
        super().__init__(message)
        self.usage = usage


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


def state_of(folder: Path) -> State:
    """What lies in the folder. Raises SetupError where it is something else than an environment."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return "new"
    marker = _marker(folder)
    if marker == "incomplete":
        return "incomplete"
    if not folder.is_dir() or not (folder / "pyvenv.cfg").is_file():
        raise SetupError(
            f"{folder} is there and is no virtual environment. Name another folder, or move it away.",
            usage=True,
        )
    return "ours" if marker == "complete" else "foreign"


def _marker(folder: Path) -> str | None:
    try:
        told = json.loads((folder / MARKER).read_text("utf-8"))
        return str(told["state"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _mark(folder: Path, state: str) -> None:
    text = json.dumps({"made_by": "envsetup", "state": state}) + "\n"
    (folder / MARKER).write_text(text, "utf-8")


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


def carry_out(job: Job, ready: Prepared, knowledge: Knowledge, host: Host, tell: Tell) -> Plan:
    """Makes the environment where there is none and installs; gives the plan that was carried out.

    Raises SetupError; then an environment that this call made is gone again.
    """
    folder = Path(job.folder).absolute()
    env = target_environment(host.env())
    if ready.plan.action == "keep":
        return ready.plan
    if ready.state == "foreign" and not job.yes:
        raise SetupError(
            f"{folder} was not made by envsetup, and it would be changed: "
            f"{' '.join(ready.plan.requirements)}. Give --yes to allow it.",
            usage=True,
        )
    ours = ready.state in ("new", "incomplete")
    try:
        if ours:
            _make(job, folder, env, tell)
        if job.offline:
            env = without_network(env, ready.python)
        done = _install(job, ready, knowledge, env, tell)
        _install_extras(job, ready.python, env, tell)
        if ours:
            _mark(folder, "complete")
    except BaseException:
        if ours:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return done


def _make(job: Job, folder: Path, env: dict[str, str], tell: Tell) -> None:
    if folder.exists():
        shutil.rmtree(folder)  # empty, or left by a setup of ours that was cut off
    folder.mkdir(parents=True)
    _mark(folder, "incomplete")
    tell.step(f"making the environment {job.folder}")
    if job.installer == "uv":
        argv = ["uv", "venv", "--allow-existing", "--python", job.base, str(folder)]
    else:
        argv = [job.base, "-m", "venv", str(folder)]
    code, said = run_told(argv, env, lambda _line: None, 600.0)
    if code != 0 or interpreter_in(folder) is None:
        raise SetupError(
            f"the environment could not be made ({' '.join(argv)}): {last_words(said)}"
        )


def _install(
    job: Job, ready: Prepared, knowledge: Knowledge, env: dict[str, str], tell: Tell
) -> Plan:
    plan = ready.plan
    why = "--offline was given" if job.offline else unreachable(plan.index_url)
    if why is None:
        code, said = _run_plan(plan, env, tell)
        if code == 0:
            return plan
        if not is_network_trouble(said):
            raise SetupError(f"the installation failed: {last_words(said)}")
        why = last_words(said)
    tell.step(
        f"the wheel index {plan.index_url} can't be used ({why}); trying what pip is offered here"
    )
    return _fall_back(job, ready, knowledge, env, tell, why)


def _install_extras(job: Job, python: str, env: dict[str, str], tell: Tell) -> None:
    wanted = extras(job)
    if not wanted:
        return
    argv = ["uv", "pip", "install", "--python", python] if job.installer == "uv" else []
    argv = argv or [python, "-m", "pip", "install"]
    argv += [*wanted, *(["--no-index"] if job.offline else [])]
    code, said = _run_plan(Plan(action="install", commands=(Command(argv=tuple(argv)),)), env, tell)
    if code != 0:
        raise SetupError(f"{', '.join(wanted)} could not be installed: {last_words(said)}")


def _run_plan(plan: Plan, env: dict[str, str], tell: Tell) -> tuple[int, str]:
    said = ""
    for command in plan.commands:
        tell.step(f"installing: {' '.join(command.argv)}")
        code, said = run_told(command.argv, {**env, **command.env}, tell.detail, INSTALL_LIMIT_S)
        if code != 0:
            return code, said
    return 0, said


def _fall_back(
    job: Job,
    ready: Prepared,
    knowledge: Knowledge,
    env: dict[str, str],
    tell: Tell,
    why: str,
) -> Plan:
    """Tries the plan's candidates in order against what pip is configured to offer."""
    offered = listing(ready.python, env, offline=job.offline)
    for candidate in candidates(ready.machine, knowledge, _request(job, ready.python)):
        version, build = candidate.version, candidate.build
        pin = pinned(version, build, offered, knowledge, ready.machine)
        if pin is None:
            continue
        pins = (f"torch=={pin}", *_companions(job, knowledge, version))
        plan = fallback_plan(ready.plan, ready.python, version, build, pins, why, job.offline)
        plan = over_damage(plan, ready.machine)
        code, said = _run_plan(plan, env, tell)
        if code == 0:
            return plan
        tell.step(f"torch=={pin} could not be installed: {last_words(said)}")
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
