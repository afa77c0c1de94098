"""Paths and commands in what is sent: told from where the report was made, and runnable there."""

from __future__ import annotations

import json
import shlex

import pytest

from envsetup.doctor import Diagnosis, Examination, report_of
from envsetup.doctor.about_target import about
from envsetup.model import (
    Command,
    Finding,
    Fix,
    Known,
    Machine,
    Plan,
    Python,
    Report,
    Source,
    Target,
)
from envsetup.report import FORMATS, load, render
from envsetup.report.paths import PLACEHOLDER, Where, for_a_shell, in_terminal
from envsetup.report.travel import for_others
from envsetup.report.working_folder import from_folder

HOME, FOLDER = "/home/jane", "/home/jane/work/my project"
WHERE = Where(folder=FOLDER, home=HOME)
BELOW = f"{FOLDER}/.venv/bin/python"
AT_HOME = f"{HOME}/my envs/x/bin/python"
SYSTEM = "/opt/venv/bin/python"
OTHERS = "/data/jane-doe/venv/bin/python"
PLACES = [BELOW, AT_HOME, SYSTEM, OTHERS]


def made(path: str, *, full: bool = False) -> Report:
    source = Source(kind="target", ref=f"{path} _facts.py")
    python = Python(executable=path, version="3.12.4", prefix=path.removesuffix("/bin/python"))
    fixes = (
        Fix(text="Install it", argv=("pip", "install", "numpy")),
        Fix(text="Or: `pip install numpy`, seen in " + f"{FOLDER}/src/train.py"),
    )
    one = Finding(
        code="AB102", slug="numpy-missing", severity="error", confidence="high",
        message=f"numpy is missing for {path}; {FOLDER}/src/train.py wants it.", fixes=fixes,
    )  # fmt: skip
    plan = Plan(
        action="install", commands=(Command(argv=("python", "-m", "pip", "install", "torch")),)
    )
    machine = Machine(python=Known(value=python, source=source))
    report = report_of(machine, Diagnosis(findings=(one,), plan=plan), Examination())
    from msgspec.structs import replace

    return about(replace(report, full=full), Target(path=path, chosen_by="option"))


def shown(path: str) -> Report:
    return for_others(made(path), ("jane-doe",), (), WHERE)


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("form", FORMATS)
def test_no_format_tells_the_home_or_the_working_folder(path: str, form: str) -> None:
    text = render(shown(path), form)

    assert HOME not in text
    assert "jane" not in text
    assert "src/train.py" in text


@pytest.mark.parametrize(
    ("path", "word", "told"),
    [
        (BELOW, ".venv/bin/python", ".venv/bin/python"),
        (AT_HOME, PLACEHOLDER, "~/my envs/x/bin/python"),
        (SYSTEM, SYSTEM, SYSTEM),
        (OTHERS, PLACEHOLDER, "/data/***/venv/bin/python"),
    ],
)
def test_an_argv_has_a_path_that_starts_or_the_placeholder(path: str, word: str, told: str) -> None:
    document = json.loads(render(shown(path), "json"))

    assert document["target"]["path"] == told
    assert document["findings"][0]["fixes"][0]["argv"] == [word, "-m", "pip", "install", "numpy"]
    assert document["plan"]["commands"][0]["argv"][0] == word


@pytest.mark.parametrize("path", PLACES)
def test_our_readers_put_the_interpreter_back(path: str) -> None:
    once = shown(path)

    read = load(render(once, "json").encode())

    assert read == once
    assert PLACEHOLDER not in str(read.findings)
    assert for_others(read, (), (), WHERE) == once


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (BELOW, ".venv/bin/python -m pip install numpy"),
        (AT_HOME, "~/'my envs/x/bin/python' -m pip install numpy"),
        (SYSTEM, f"{SYSTEM} -m pip install numpy"),
    ],
)
@pytest.mark.parametrize("form", ["markdown", "html", "junit", "github"])
def test_commands_for_people_are_as_a_shell_takes_them(path: str, line: str, form: str) -> None:
    import html
    from urllib.parse import unquote

    text = html.unescape(render(shown(path), form))
    text = unquote(text) if form == "github" else text

    assert line in text.replace("\u200b", "").replace("\\", "")


@pytest.mark.parametrize("path", PLACES)
def test_in_the_terminal_every_command_means_the_examined_interpreter(path: str) -> None:
    text = render(in_terminal(made(path), shown(path), WHERE), "text", width=300)
    word = shlex.quote(path.removeprefix(f"{FOLDER}/"))
    word = "~/'my envs/x/bin/python'" if path == AT_HOME else word

    assert f"      {word} -m pip install numpy" in text
    assert f"Next: {word} -m pip install numpy" in text


def test_with_full_paths_stay() -> None:
    report = for_others(made(AT_HOME, full=True), (), (), WHERE)

    assert AT_HOME in render(report, "json")
    assert FOLDER in render(report, "json")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/w/p/a.py", "a.py"),
        ("in /w/p/a.py, /w/p/b", "in a.py, b"),
        ("PATH=/w/p/bin:/usr/bin", "PATH=bin:/usr/bin"),
        ("'/w/p/a b'", "'a b'"),
        ("/w/p", "/w/p"),
        ("/w/pq/a", "/w/pq/a"),
        ("/x/w/p/a", "/x/w/p/a"),
    ],
)
def test_a_path_below_the_folder_is_told_from_there(text: str, told: str) -> None:
    assert from_folder("/w/p")(text) == told
    assert from_folder("/")(text) == text
    assert from_folder("")(text) == text


def test_a_program_in_the_folder_itself_is_no_bare_name() -> None:
    assert for_a_shell("/w/python", Where(folder="/w")) == "./python"
    assert for_a_shell(
        r"C:\u\me\v\python.exe", Where(folder="C:\\x", home=r"C:\u\me", os="windows")
    ) == (r"C:\u\me\v\python.exe")
