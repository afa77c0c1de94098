"""The command `explain`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from envsetup.cli.explain import command


def ask(*words: str, given: bytes | None = None):
    return CliRunner().invoke(command, words, input=given, standalone_mode=True)


@pytest.mark.parametrize("name", ["CP102", "cp102", "openmp-duplicate-runtimes"])
def test_page_by_code_or_slug(name):
    answer = json.loads(ask(name, "--format", "json").stdout)
    assert {"code", "slug", "title", "severity", "sections"} <= set(answer)
    assert answer["code"] == "CP102"
    assert "How to fix" in answer["sections"]


def test_unknown_code_names_the_nearest():
    answer = ask("CP1O2")
    assert answer.exit_code == 2
    assert "CP102" in answer.stderr


def test_error_from_standard_input():
    answer = ask("--error-file", "-", "--format", "json", given=b"\xff OMP: Error #15: Init")
    first = json.loads(answer.stdout)["matches"][0]
    assert first["code"] == "CP102"
    assert {"code", "slug", "title", "confidence", "matched", "ask", "fixes"} <= set(first)


def test_nothing_recognised():
    answer = ask("--error", "fine", "--format", "json", "--exit-code")
    assert json.loads(answer.stdout) == {"matches": []}
    assert answer.exit_code == 0


def test_no_control_characters_in_text():
    answer = ask("--error", "undefined symbol: _ZN3c10\x1b[31m\x07x")
    assert "\x1b" not in answer.stdout


def test_exactly_one_question():
    assert ask().exit_code == 2
    assert ask("CP102", "--error", "x").exit_code == 2
