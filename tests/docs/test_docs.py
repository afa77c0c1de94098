"""Docs and code say the same, and the docs build without a warning."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from envsetup import __version__
from envsetup.cli import COMMANDS, root
from envsetup.cli.exits import Exit

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELL = ("sh", "shell", "bash", "console")


def shell_blocks(path: Path) -> list[str]:
    return [text for kind, text in FENCE.findall(path.read_text("utf-8")) if kind in SHELL]


def test_the_readme_begins_with_the_two_commands() -> None:
    first, second = shell_blocks(ROOT / "README.md")[:2]

    assert first.strip() == "python3 start.py"
    assert second.strip() == "python3 start.py --test"


def test_ci_runs_exactly_the_second_command() -> None:
    second = shell_blocks(ROOT / "README.md")[1].strip()
    lines = [line.strip() for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()]
    real = [line for line in lines if line and not line.startswith("#")]

    assert real[-1] == second
    assert [line for line in real if "start.py" in line or "pytest" in line] == [second]


def test_the_changelog_tells_of_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_its_help(name: str) -> None:
    answer = CliRunner().invoke(root, [name, "--help"])

    assert answer.exit_code == 0, answer.output
    assert "Usage:" in answer.output


def every_command(group: click.Group = root, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for name in group.list_commands(click.Context(group)):
        inner = group.get_command(click.Context(group), name)
        found.append((*above, name))
        if isinstance(inner, click.Group):
            found += every_command(inner, (*above, name))
    return found


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_each_commands_help_shows_an_example_of_it(words: tuple[str, ...]) -> None:
    """Each example is the command itself, with options that it knows."""
    output = CliRunner().invoke(root, [*words, "--help"]).output
    examples = re.findall(r"^ {4}(?:.*\| )?envsetup (.+)$", output, re.MULTILINE)

    assert any(example.startswith(" ".join(words)) for example in examples), output
    for example in examples:
        given = {word.split("=")[0] for word in shlex.split(example) if word.startswith("-")} - {
            "-"
        }
        named = [word for word in shlex.split(example) if not word.startswith("-")]
        assert given <= known_options(named), example


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shells_that_the_docs_name_get_their_completion(shell: str) -> None:
    page = (ROOT / "docs" / "how-to" / "shell-completion.md").read_text("utf-8")
    done = CliRunner().invoke(
        root, env={"_ENVSETUP_COMPLETE": f"{shell}_source"}, prog_name="envsetup"
    )

    assert f"_ENVSETUP_COMPLETE={shell}_source envsetup" in page
    assert "_ENVSETUP_COMPLETE" in done.output, done.output


@pytest.mark.parametrize("name", COMMANDS)
def test_the_short_help_of_the_list_is_the_commands_own(name: str) -> None:
    command = root.get_command(click.Context(root), name)

    assert command is not None
    assert command.get_short_help_str(200) == COMMANDS[name][1]


def test_the_groups_help_lists_every_command() -> None:
    output = CliRunner().invoke(root, ["--help"]).output

    for name, (_, short) in COMMANDS.items():
        assert name in output
        assert short in " ".join(output.split())


def test_the_reference_is_in_step_with_the_code() -> None:
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pictures_show_what_the_program_says() -> None:
    done = subprocess.run(
        [sys.executable, "docs/screenshots.py", "check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_pictures_fetch_nothing_and_the_readme_shows_one() -> None:
    pictures = sorted((ROOT / "docs" / "pictures").glob("*.svg"))

    assert pictures
    for picture in pictures:
        text = picture.read_text("utf-8")
        assert not re.search(r"url\((?!#)|<script|href=", text), picture.name
        assert len(text) < 30_000
    assert any(f"(docs/pictures/{p.name})" in (ROOT / "README.md").read_text() for p in pictures)


def test_every_exit_code_has_its_line() -> None:
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text("utf-8")

    for one in Exit:
        assert f"| {int(one)} | " in page


def commands_shown() -> list[tuple[str, str]]:
    """Each `envsetup …` line of a shell block in README and docs, continued lines joined."""
    shown = []
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        if "adr" in path.parts:
            continue
        for block in shell_blocks(path):
            for line in block.replace("\\\n", " ").splitlines():
                found = re.search(r"(?:^|\s|/)envsetup ([a-z-]+ ?[^>#|]*)", line)
                if found:
                    shown.append(
                        (path.relative_to(ROOT).as_posix(), " ".join(found.group(1).split()))
                    )
    return shown


def known_options(words: list[str]) -> set[str]:
    command: click.Command = root
    for word in words:
        if isinstance(command, click.Group):
            inner = command.get_command(click.Context(command), word)
            assert inner is not None, f"no command {word}"
            command = inner
    return {name for param in command.params for name in [*param.opts, *param.secondary_opts]}


@pytest.mark.parametrize(("page", "line"), commands_shown())
def test_what_the_pages_show_exists(page: str, line: str) -> None:
    """Every command and option in an example is one that the program knows."""
    words = line.split()
    given = {word.split("=")[0] for word in words if word.startswith("-") and word != "-"}
    known = known_options([word for word in words if not word.startswith("-")])

    assert given <= known | {"--help", "-h"}, f"{page}: {given - known}"


LINK = re.compile(r"\]\(([^)#:\s]+\.md)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", ["README.md"])
def test_links_of_the_readme_lead_somewhere(page: str) -> None:
    for target in LINK.findall((ROOT / page).read_text("utf-8")):
        assert (ROOT / target).is_file(), target


@pytest.mark.slow
def test_the_docs_build_without_a_warning(tmp_path: Path) -> None:
    for needed in ("sphinx", "myst_parser", "furo"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed; the extra `test` brings it")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "sphinx",
            "-W",
            "--keep-going",
            "-q",
            "-b",
            "html",
            "docs",
            tmp_path,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
    )

    assert done.returncode == 0, done.stderr[-4000:]
    assert (tmp_path / "reference" / "commands.html").is_file()


def test_the_page_of_coverage_names_every_check_and_no_other() -> None:
    from envsetup.doctor.catalogue import all_checks

    page = (ROOT / "docs" / "explanation" / "coverage.md").read_text("utf-8")
    rows = [line.split("|")[2] for line in page.splitlines() if line.startswith("| ")][2:]
    named = {name for row in rows for name in re.findall(r"`([a-z-]+)`", row)}
    beyond = set(re.findall(r"`([a-z-]+)`", page.split("What PyTorch's scripts leave out")[1]))
    known = {check.id for check in all_checks()}
    assert named | beyond == known
