"""How a path is told: from the working folder where it lies below it, else from the home folder."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from envsetup.model import Command, Fix, Plan, Record, Report
from envsetup.plan.quoting import shell_line
from envsetup.report.redact import credentials_out
from envsetup.report.working_folder import from_folder

Retell = Callable[[str], str]
PLACEHOLDER = "{python}"
"""Stands in an `argv` for the interpreter whose path can't be told so that a program could start it."""


class Where(Record):
    """Where the user stands. Empty where it isn't known, or where nothing is to be told from there."""

    folder: str = ""
    home: str = ""
    os: str = "linux"


def program_from(where: Where) -> Retell:
    """The same for a program: a bare name would be looked up on PATH."""
    shorter = from_folder(where.folder)

    def told(path: str) -> str:
        near = shorter(path)
        bare = near != path and "/" not in near and "\\" not in near
        return f"./{near}" if bare else near

    return told


def for_a_shell(path: str, where: Where) -> str:
    """A program's path as the user's shell takes it: from the folder, `~/…` below home, else whole.

    PowerShell expands `~` in few places, so that on Windows the path stays whole.
    """
    near, home = program_from(where)(path), where.home.rstrip("/")
    if near == path and home and where.os != "windows" and path.startswith(f"{home}/"):
        return f"~/{path[len(home) + 1 :]}"
    return near


def retold(text: str, path: str, told: str, os: str) -> str:
    """The text with another word for a path, as the shell quotes each."""
    return text.replace(_quoted(path, os), _quoted(told, os))


def _quoted(path: str, os: str) -> str:
    return shell_line((path,), os=os).removeprefix("& ")


def fixes_with(fixes: tuple[Fix, ...], word: Retell, text: Retell) -> tuple[Fix, ...]:
    """Fixes with `word` applied to each word of their commands, and `text` to what they say."""
    return tuple(
        replace(f, text=text(f.text), argv=f.argv and tuple(map(word, f.argv))) for f in fixes
    )


def plan_with(plan: Plan, word: Retell, text: Retell) -> Plan:
    """The same for all the commands of a plan."""

    def commands(given: tuple[Command, ...]) -> tuple[Command, ...]:
        return tuple(replace(c, argv=tuple(map(word, c.argv))) for c in given)

    others = (replace(a, commands=commands(a.commands)) for a in plan.alternatives)
    return replace(
        plan,
        commands=commands(plan.commands),
        fixes=fixes_with(plan.fixes, word, text),
        alternatives=tuple(others),
    )


def commands_with(report: Report, word: Retell, text: Retell) -> Report:
    """The same for all the commands of a report."""
    found = (replace(f, fixes=fixes_with(f.fixes, word, text)) for f in report.findings)
    plan = report.plan and plan_with(report.plan, word, text)
    return replace(report, findings=tuple(found), plan=plan)


def in_terminal(whole: Report, shown: Report, where: Where) -> Report:
    """`shown` with the commands of `whole`, which run from where the user stands."""
    path = (whole.target and whole.target.path) or ""
    told, near = for_a_shell(path, where), from_folder(where.folder)

    def word(one: str) -> str:
        return told if path and one == path else near(credentials_out(one))

    def text(one: str) -> str:
        return near(credentials_out(retold(one, path, told, where.os) if path else one))

    spoken = commands_with(whole, word, text)
    target = shown.target and replace(shown.target, path=told or None)
    both = zip(shown.findings, spoken.findings, strict=True)
    findings = tuple(replace(f, fixes=s.fixes) for f, s in both)
    plan = shown.plan and spoken.plan and replace(
        shown.plan,
        commands=spoken.plan.commands,
        fixes=spoken.plan.fixes,
        alternatives=spoken.plan.alternatives,
    )  # fmt: skip
    return replace(shown, target=target, findings=findings, plan=plan)


def with_placeholder(report: Report) -> Report:
    """The report for a program: `{python}` where the interpreter's path is one that only people can read."""
    path = report.target and report.target.path
    if not path or not (path.startswith("~") or "***" in path):
        return report
    return commands_with(report, lambda w: PLACEHOLDER if w == path else w, str)


def without_placeholder(report: Report) -> Report:
    """The report as it was before `with_placeholder`."""
    path = report.target and report.target.path
    if not path:
        return report
    return commands_with(report, lambda w: path if w == PLACEHOLDER else w, str)
