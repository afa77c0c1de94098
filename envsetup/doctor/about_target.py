"""A report that says which environment it is about, its commands bound to that one."""

from __future__ import annotations

from msgspec.structs import replace

from envsetup.model import Machine, Report, Target, value_of
from envsetup.plan.bind import bound_fixes, bound_plan, bound_to


def about(report: Report, target: Target | None, *, by_conda: bool = True) -> Report:
    """The report of a target; without one, of the interpreter whose path the machine tells.

    `by_conda`: whether conda's commands are bound to the environment's folder, too.
    """
    python = (target and target.path) or told_path(report.machine)
    if python is None:
        return replace(report, target=target)
    to = bound_to(python, report.machine)
    to = to if by_conda else replace(to, conda_prefix=None)
    return replace(
        report,
        target=target,
        findings=tuple(replace(f, fixes=bound_fixes(f.fixes, to)) for f in report.findings),
        plan=report.plan and bound_plan(report.plan, to),
    )


def told_path(machine: Machine) -> str | None:
    """The interpreter's path; None where a text told no more than `python`."""
    python = value_of(machine.python)
    path = python.executable if python else ""
    return path if "/" in path or "\\" in path else None
