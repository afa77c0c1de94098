"""The words that start this envsetup from the user's shell: what is printed is to run as printed."""

from __future__ import annotations

import os
import shutil
import sys
from functools import cache

from msgspec.structs import replace

from envsetup.cli.target import where_here
from envsetup.model import Command, Fix, Plan, Report
from envsetup.plan.bind import run_as, text_run_as

NAME = "envsetup"


@cache
def program() -> tuple[str, ...]:
    """`envsetup` where PATH has this one, else its path, or the module by its interpreter."""
    from envsetup.report.paths import for_a_shell

    started = sys.argv[0] if sys.argv else ""
    folder, name = os.path.split(os.path.abspath(started))
    if name == "__main__.py" and os.path.basename(folder) == NAME:
        return (for_a_shell(sys.executable, where_here()), "-m", NAME)
    if os.path.splitext(name)[0] != NAME or os.path.isdir(started):
        return (NAME,)
    found = shutil.which(NAME, path=_users_path())
    if found is not None and os.path.realpath(found) == os.path.realpath(started):
        return (NAME,)
    return (for_a_shell(os.path.join(folder, name), where_here()),)


def _users_path() -> str:
    """PATH without what uvx puts there for the run of a tool alone."""
    from envsetup.target.environments import made_for_a_tool

    folders = os.environ.get("PATH", "").split(os.pathsep)
    if made_for_a_tool(sys.prefix, os.environ) in ("uvx", "uv tool"):
        folders = [f for f in folders if not os.path.abspath(f).startswith(sys.prefix)]
    return os.pathsep.join(folders)


def own_text(text: str) -> str:
    """The text with envsetup's commands in its code spans as they are run here."""
    from envsetup.cli.output import own_line

    return text_run_as(own_line(program()), text) if program() != (NAME,) else text


def own_fixes(fixes: tuple[Fix, ...]) -> tuple[Fix, ...]:
    return tuple(
        replace(f, text=own_text(f.text), argv=f.argv and run_as(program(), f.argv)) for f in fixes
    )


def own_plan(plan: Plan) -> Plan:
    def commands(given: tuple[Command, ...]) -> tuple[Command, ...]:
        return tuple(replace(c, argv=run_as(program(), c.argv)) for c in given)

    others = tuple(replace(a, commands=commands(a.commands)) for a in plan.alternatives)
    return replace(
        plan,
        commands=commands(plan.commands),
        fixes=own_fixes(plan.fixes),
        alternatives=others,
    )


def own_report(report: Report) -> Report:
    found = tuple(replace(f, fixes=own_fixes(f.fixes)) for f in report.findings)
    return replace(report, findings=found, plan=report.plan and own_plan(report.plan))
