"""Commands that are printed mean the examined environment, whichever shell they are pasted into."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest

from envsetup.model import Alternative, Command, Fix, Plan
from envsetup.plan.bind import Bound, bound_argv, bound_fixes, bound_plan, bound_text
from envsetup.rules.definition import Rule
from envsetup.rules.registry import all_rules

TARGET = "/p/.venv/bin/python"
TO = Bound(python=TARGET, conda_prefix="/p/.venv")
LOOKS = ("probe", "install-plan", "doctor", "checks run")


def commands_in(text: str) -> Iterator[list[str]]:
    """Each command in the text's code spans, as a shell splits it; settings before it left out."""
    for span in re.findall(r"`([^`]+)`", text):
        lexer = shlex.shlex(span, posix=True, punctuation_chars="|;&")
        lexer.whitespace_split = True
        command: list[str] = []
        try:
            words = [*lexer, ";"]
        except ValueError:  # prose with an apostrophe
            continue
        for word in words:
            if word and set(word) <= set("|;&"):
                yield command
                command = []
            elif command or not re.match(r"\w+=|env$|-u$|LD_", word):
                command.append(word)


def strays(words: list[str]) -> bool:
    """Whether a command that goes on behind its program's name means whatever the shell finds."""
    program, *rest = words or [""]
    if program in ("python", "python3"):
        return bool(rest) and rest[:2] not in (["-m", "venv"], ["-m", "pip"])
    if program in ("pip", "pip3"):
        return len(rest) > (rest[:1] == ["install"])
    if words[:2] == ["uv", "pip"]:
        return len(rest) > 2 and "--python" not in rest
    if program in ("conda", "mamba"):
        return rest[:1] in (["install"], ["remove"], ["list"], ["update"]) and "-p" not in rest
    looks = program == "envsetup" and " ".join(rest).startswith(LOOKS)
    return looks and "--python" not in rest


def fixes() -> list[tuple[Rule, Fix]]:
    return [(one, fix) for one in all_rules() for fix in one.fixes]


def test_there_are_fixes_that_would_stray() -> None:
    """The checker sees them unbound, or the test below proves nothing."""
    unbound = [f for _, f in fixes() if any(map(strays, commands_in(f.text)))]

    assert len(fixes()) > 300
    assert len(unbound) > 30
    assert any(f.argv and strays(list(f.argv)) for _, f in fixes())


def test_no_fix_of_any_rule_strays() -> None:
    wrong = []
    for one, fix in fixes():
        (bound,) = bound_fixes((fix,), TO)
        told = [*commands_in(bound.text), list(bound.argv or ())]
        wrong += [f"{one.code}: {' '.join(c)}" for c in told if strays(c)]

    assert not wrong, "\n".join(wrong)


def test_binding_twice_changes_nothing_more() -> None:
    for _, fix in fixes():
        once = bound_fixes((fix,), TO)

        assert bound_fixes(once, TO) == once


@pytest.mark.parametrize(
    ("argv", "bound"),
    [
        ("pip install numpy", f"{TARGET} -m pip install numpy"),
        ("python -m pip install x", f"{TARGET} -m pip install x"),
        ("python3 -m venv .venv", "python3 -m venv .venv"),
        ("uv pip install x", f"uv pip install --python {TARGET} x"),
        ("uv pip install --python y x", "uv pip install --python y x"),
        ("conda install nomkl", "conda install -p /p/.venv nomkl"),
        ("conda install -n other nomkl", "conda install -n other nomkl"),
        ("envsetup doctor", f"envsetup doctor --python {TARGET}"),
        ("envsetup checks run rng -v", f"envsetup checks run rng -v --python {TARGET}"),
        ("envsetup checks", "envsetup checks"),
        ("envsetup explain PY101", "envsetup explain PY101"),
        ("envsetup install-plan --os linux", "envsetup install-plan --os linux"),
        ("envsetup setup", "envsetup setup"),
        ("sudo modprobe nvidia", "sudo modprobe nvidia"),
    ],
)
def test_each_kind_of_command(argv: str, bound: str) -> None:
    assert " ".join(bound_argv(argv.split(), TO)) == bound
    assert bound_text(f"Do it: `{argv}`, then go on", TO) == f"Do it: `{bound}`, then go on"


@pytest.mark.parametrize(
    "text",
    ["`pip install` is not enough", "`pip`", "see `python -m pip`", "`pip-tools compile`",
     "`python3-dev`", "pip install numpy outside of code", "`my-python x`"],
)  # fmt: skip
def test_what_is_no_command_stays(text: str) -> None:
    assert bound_text(text, TO) == text


def test_commands_within_a_line_of_shell() -> None:
    text = "`A=1 pip install x && python -c 'import x; print(x)' 2>&1 | envsetup explain -`"

    assert bound_text(text, TO) == (
        f"`A=1 {TARGET} -m pip install x && {TARGET} -c 'import x; print(x)' 2>&1 | "
        f"envsetup explain - --python {TARGET}`"
    )


def test_a_path_with_blanks_is_quoted_as_its_shell_takes_it() -> None:
    posix = bound_text("`pip install x`", Bound(python="/a b/python"))
    windows = bound_text("`pip install x`", Bound(python=r"C:\a b\python.exe", os="windows"))
    option = bound_text("`envsetup doctor`", Bound(python=r"C:\a b\python.exe", os="windows"))

    assert posix == "`'/a b/python' -m pip install x`"
    assert windows == r"`& 'C:\a b\python.exe' -m pip install x`"
    assert option == r"`envsetup doctor --python 'C:\a b\python.exe'`"


def test_a_plan_is_bound_with_its_fixes_and_other_ways() -> None:
    pip = Command(argv=("python", "-m", "pip", "install", "torch"))
    plan = Plan(
        action="install",
        commands=(pip,),
        fixes=(Fix(text="`envsetup install-plan torch`", argv=("envsetup", "install-plan")),),
        alternatives=(Alternative(text="Split", commands=(pip,)),),
    )

    bound = bound_plan(plan, TO)

    assert bound.commands[0].argv[0] == TARGET
    assert bound.alternatives[0].commands[0].argv[0] == TARGET
    assert bound.fixes[0].argv == ("envsetup", "install-plan", "--python", TARGET)
    assert bound.fixes[0].text == f"`envsetup install-plan torch --python {TARGET}`"
