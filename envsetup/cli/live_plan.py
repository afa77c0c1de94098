"""A plan for this machine: the environment that it is for, and its commands as they are run or sent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec.structs import replace

from envsetup.cli.exits import Exit, Failure
from envsetup.cli.options import PLAN_NEEDS_NO_NAME
from envsetup.cli.own_program import own_plan
from envsetup.cli.private import own
from envsetup.cli.target import target_here, where_here
from envsetup.model import Command, Machine, Plan, Reason, Target, value_of
from envsetup.plan.bind import bound_plan, bound_to

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsetup.plan import Request

TORCH_LIMIT_S = 120.0
"""What importing torch alone may take."""
FOR_HERE = ("text", "json", "shell")
"""Formats that name this machine's interpreter; the others are files for elsewhere."""


def live_machine(python: str | None, doing: bool) -> tuple[Machine, Target]:
    """This machine with its environment; without one its Python, torch and packages are absent.

    Raises Failure (exit 4) where the interpreter doesn't answer, and where the plan is to be carried
    out (`doing`) and there is none.
    """
    from envsetup.doctor import ask_if_any
    from envsetup.host import LocalHost
    from envsetup.probes.snapshot import take_snapshot
    from envsetup.target import TargetError, required

    try:
        target = target_here(python)
        interpreter = ask_if_any(required(target) if doing else target.path)
    except TargetError as error:
        raise Failure(str(error), Exit.TARGET_UNUSABLE) from error
    machine = take_snapshot(LocalHost(no_lookups=PLAN_NEEDS_NO_NAME), interpreter)
    return told_by_torch(machine, target.path), target


def told_by_torch(machine: Machine, executable: str | None) -> Machine:
    """The machine with what the installed torch tells, where nothing else names a GPU's architecture.

    Only then is torch imported.
    """
    from envsetup.knowledge import arch_known, identify, load

    gpus = value_of(machine.gpus) or ()
    if executable is None or value_of(machine.torch) is None:
        return machine
    if all(arch_known(gpu) or arch_known(identify(gpu, load())) for gpu in gpus):
        return machine
    from envsetup.doctor import Examination, run_checks

    run = run_checks(executable, Examination(checks=(), timeout_s=TORCH_LIMIT_S))
    return replace(machine, torch_runtime=run.runtime)


def for_environment(
    plan: Plan, machine: Machine, target: Target, request: Request, form: str
) -> Plan:
    """The plan with the commands of the environment that it is for, as the format tells them."""
    if form in FOR_HERE:
        plan = through_setup(plan, machine, target, request)
    if target.path is not None:
        plan = bound_plan(plan, bound_to(target.path, machine))
    return as_told(plan, machine, target, form)


def through_setup(plan: Plan, machine: Machine, target: Target, request: Request) -> Plan:
    """The plan by way of `envsetup setup` where there is no environment that pip may install into."""
    why = _no_environment(machine, target)
    if plan.action != "install" or plan.installer not in ("pip", "uv") or why is None:
        return plan
    told = value_of(machine.python)
    asked = told.version if target.path is None and told else None  # --python-version
    python = target.path if target.chosen_by == "option" else asked
    argv = ("envsetup", "setup", *_options(request), *(("--python", python) if python else ()))
    reason = Reason(code="no-environment", text=why)
    commands: tuple[Command, ...] = (Command(argv=argv),)
    if request.channel != "stable":  # setup makes environments of releases alone
        venv = os.path.join(
            ".venv", *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python"))
        )
        made = Command(argv=(python or "python3", "-m", "venv", ".venv"))
        word = target.path or request.python
        rest = (
            replace(c, argv=tuple(venv if w == word else w for w in c.argv)) for c in plan.commands
        )
        commands = (made, *rest)
    return replace(plan, commands=commands, because=(reason, *plan.because))


def _no_environment(machine: Machine, target: Target) -> str | None:
    if target.path is None:
        return "There is no environment here to install into, so that one is made: .venv"
    python = value_of(machine.python)
    if python is not None and python.externally_managed:
        return (
            "This Python belongs to the system, whose packages pip may not change "
            "(EXTERNALLY-MANAGED), so that an environment is made: .venv"
        )
    return None


def _options(request: Request) -> Iterator[str]:
    for name, bound in request.specifiers.items():
        if name != "torch" or bound:
            yield from ("--with", f"{name}{bound}")
    if request.backend != "auto":
        yield from ("--backend", request.backend)
    if request.allow_cpu:
        yield "--allow-cpu"
    if request.installer != "pip":
        yield from ("--installer", request.installer)
    if request.mirror is not None:
        yield from ("--mirror", request.mirror)


def as_told(plan: Plan, machine: Machine, target: Target, form: str) -> Plan:
    """The plan with the interpreter as `form` names it: runnable here, or for others to read."""
    from envsetup.report.paths import (
        PLACEHOLDER,
        for_a_shell,
        plan_with,
        program_from,
        retold,
    )
    from envsetup.report.redact import clean_record, cleaner
    from envsetup.report.working_folder import from_folder

    path, where = target.path, where_here()
    if form not in FOR_HERE:
        return plan_with(plan, lambda w: "python" if w == path else w, str)
    near = from_folder(where.folder)
    spoken = for_a_shell(path, where) if path else ""

    def text(one: str) -> str:
        return near(retold(one, path, spoken, where.os) if path else one)

    if form != "json":
        plan = own_plan(plan)
        return replace(plan_with(plan, lambda w: spoken if w == path else w, text), target=target)
    clean = cleaner(machine, **own())
    word = program_from(where)(path) if path else ""
    told = replace(
        clean_record(target, clean), path=path and (word if word != path else clean(path))
    )
    argv = word if clean(word) == word else PLACEHOLDER
    shown = plan_with(plan, lambda w: argv if path and w == path else w, lambda t: clean(text(t)))
    return replace(shown, target=told)
