"""Commands bound to the environment that was examined: each names its interpreter, none means the shell's.

Rules and plans write `pip install …` or `envsetup doctor`; which Python that is depends on the shell
that it is pasted into. Bound, it is the examined one wherever it is run.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from envsetup.model import Command, Fix, Machine, Plan, Record, value_of
from envsetup.plan.quoting import shell_line

PYTHONS = ("python", "python3")
PIPS = ("pip", "pip3")
ASKS_A_PYTHON = ("probe", "install-plan", "doctor", "explain", "checks run")
"""Commands of envsetup that look at an environment."""
ELSEWHERE = ("--python", "--machine", "--from", "--os", "--text-only")
"""Options with which they look at another one, or at none."""
CONDA = ("conda", "mamba", "micromamba")
CONDA_VERBS = ("install", "remove", "uninstall", "update", "upgrade", "list", "config")

SPAN = re.compile(r"`([^`\n]+)`")
START = re.compile(
    r"""(?P<before> ^ | (?:\|\|?|&&|;)\ * )
        (?P<settings> (?: env\ (?:-u\ \w+\ )* )? (?: \w+=(?:"[^"]*"|'[^']*'|[^\s"';|&]+)\ + )* )
        (?P<program> envsetup | uv\ pip | pip3? | python3? | conda | mamba | micromamba )
        (?P<rest> \ +[^|;&\s][^|;&]* )""",
    re.VERBOSE,
)
"""A command in a line of shell that goes on behind the program's name: the name alone is no command."""
OWN = re.compile(r"(`|[|;&] *)envsetup(?= )")
UNFINISHED = re.compile(r"(?:-m +)?(?:pip +)?(?:install|uninstall|-m|pip)?\s*")
"""What names a way of calling rather than a command: `pip install`, `python -m pip`."""


class Bound(Record):
    """What commands are bound to."""

    python: str
    """The interpreter, as it is to be written."""
    os: str = "linux"
    conda_prefix: str | None = None
    """Where the environment is conda's: what conda's own commands are to change."""


def bound_to(python: str, machine: Machine) -> Bound:
    """The interpreter with what its machine says of it."""
    told = value_of(machine.python)
    return Bound(
        python=python,
        os=value_of(machine.os) or "linux",
        conda_prefix=told.conda_prefix if told else None,
    )


def bound_argv(argv: Sequence[str], to: Bound) -> tuple[str, ...]:
    """The arguments, of the examined interpreter where they are of a Python, of pip, uv, conda or envsetup."""
    program, rest = (argv[0], tuple(argv[1:])) if argv else ("", ())
    if program in PYTHONS:
        # A new environment is made by a Python of the reader's choice.
        return tuple(argv) if rest[:2] == ("-m", "venv") else (to.python, *rest)
    if program in PIPS:
        return (to.python, "-m", "pip", *rest)
    if program == "uv" and rest[:1] == ("pip",) and "--python" not in rest:
        return ("uv", *rest[:2], "--python", to.python, *rest[2:])
    if program == "envsetup":
        return (program, *rest, *_own_option(" ".join(rest[:2]), rest, to))
    named = {"-n", "-p", "--name", "--prefix"}.intersection(rest)
    if program in CONDA and to.conda_prefix and rest[:1] and rest[0] in CONDA_VERBS and not named:
        return (program, rest[0], "-p", to.conda_prefix, *rest[1:])
    return tuple(argv)


def _own_option(command: str, words: Sequence[str], to: Bound) -> tuple[str, ...]:
    looks = command.split(" ")[0] in ASKS_A_PYTHON or command in ASKS_A_PYTHON
    # `explain CODE` shows a page, and looks at nothing.
    page = words[:1] == ("explain",) and not any(w.startswith("-") for w in words)
    away = any(w.split("=")[0] in ELSEWHERE for w in words)
    return ("--python", to.python) if looks and not page and not away else ()


def bound_text(text: str, to: Bound) -> str:
    """The text with the commands in its code spans bound."""
    quoted = replace(to, python=_word(to.python, to), conda_prefix=_word(to.conda_prefix, to))
    return SPAN.sub(lambda span: f"`{START.sub(lambda m: _command(m, quoted), span[1])}`", text)


def _word(path: str | None, to: Bound) -> str | None:
    return path and shell_line((path,), os=to.os).removeprefix("& ")


def _command(match: re.Match[str], to: Bound) -> str:
    """One command as a line: words keep the quotes that they have, and the blanks behind the last."""
    rest = match["rest"].strip()
    if match["program"] not in ("envsetup", *CONDA) and UNFINISHED.fullmatch(rest):
        return match[0]
    words = (*match["program"].split(), *rest.split(" "))
    bound = bound_argv(words, to)
    call = "& " if bound[0].startswith("'") and to.os == "windows" else ""
    line = call + " ".join(bound) if bound != words else f"{match['program']} {rest}"
    end = match["rest"][len(match["rest"].rstrip()) :]
    return match["before"] + match["settings"] + line + end


def run_as(program: Sequence[str], argv: Sequence[str]) -> tuple[str, ...]:
    """A command of envsetup by the words that start it here; any other as it is."""
    return (*program, *argv[1:]) if argv[:1] == ("envsetup",) else tuple(argv)


def text_run_as(line: str, text: str) -> str:
    """The same for the commands in a text's code spans, by the line that starts envsetup here."""
    return SPAN.sub(lambda span: OWN.sub(lambda m: m[1] + line, span[0]), text)


def bound_fixes(fixes: Sequence[Fix], to: Bound) -> tuple[Fix, ...]:
    """The fixes with their commands bound, those in their words too."""
    return tuple(
        replace(f, text=bound_text(f.text, to), argv=f.argv and bound_argv(f.argv, to))
        for f in fixes
    )


def bound_plan(plan: Plan, to: Bound) -> Plan:
    """The plan with its commands, those of its fixes and those of its other ways bound."""
    return replace(
        plan,
        commands=_bound(plan.commands, to),
        fixes=bound_fixes(plan.fixes, to),
        alternatives=tuple(replace(a, commands=_bound(a.commands, to)) for a in plan.alternatives),
    )


def _bound(commands: Sequence[Command], to: Bound) -> tuple[Command, ...]:
    return tuple(replace(c, argv=bound_argv(c.argv, to)) for c in commands)
