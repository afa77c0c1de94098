"""Whatever a stranger's report says, in whichever field: it is shown as text, and nothing in it acts.

Each format is made of two reports of the same shape, one with harmless texts and one with hostile
ones: both must come out with the same structure. The fields are found by walking the types of the
model, so one that is added tomorrow is tested tomorrow.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt

from envsetup.cli.checks import results_text
from envsetup.cli.explain import _as_json, _as_text
from envsetup.cli.probe import _text as machine_text
from envsetup.doctor.runner import CheckRun
from envsetup.errors.rank import Match
from envsetup.model import Absent, Known, Machine, Plan, Report, Unreadable
from envsetup.plan.text import command_lines, plan_text
from envsetup.report import load, plan_json, render
from envsetup.report.changes import lines
from envsetup.report.changes import render as render_changes
from envsetup.report.diff import Change
from envsetup.report.json_v1 import machine_json
from tests.report.test_privacy_everywhere import Maker

STATES = (Known, Absent, Unreadable)
STEERING = (
    "\x1b]0;owned\x07\x1b[2J\r\x08\x7f\x85\x9b31m\u061c\u200f\u202e\u2028\u2066\ufeff\U000e0041"
)
HOSTILE = {
    "terminal": f"a{STEERING}b",
    "lines": "a\n::error::INJECTED\r\n## INJECTED\n\n- INJECTED\nb",
    "html": "a<script>INJECTED</script><img src=https://evil.example/x onerror=a()>'\"><svg/onload=a()>]]>&lt;{{7*7}}b",
    "markdown": "- a **b** [x](https://evil.example) ![i](https://evil.example/i.png) @octocat #1 GH-1 "
    "www.evil.example ` <b> </details> | x | $x$ \\",
    "list": "1. a",
    "percent": "a%0A::error::b,c:d",
}
HARMLESS = "harmless"


@cache
def made(kind: Any, text: str, state: Any = Known) -> Any:
    return Maker(state, lambda _path: text).made(kind, "it")


def steers(text: str) -> set[str]:
    """Characters that are neither printed nor tab, line feed or the blank of no width that we put in."""
    odd = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    return odd - {"\n", "\t", "\N{ZERO WIDTH SPACE}"}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "code":  # what stands between backticks in a message
            self.found.append((tag, tuple(name for name, _ in attrs)))


def html_shape(text: str) -> object:
    tags = Tags()
    tags.feed(text)
    return tags.found


def markdown_shape(text: str) -> object:
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inner = [
        [child.type for child in t.children or () if child.type != "text_special"] for t in tokens
    ]
    merged = [
        [k for i, k in enumerate(row) if k != "text" or row[i - 1 : i] != ["text"]] for row in inner
    ]
    return [(t.type, t.tag) for t in tokens], merged


def xml_shape(text: str) -> object:
    return [(e.tag, sorted(e.keys())) for e in ET.fromstring(text).iter()]


def text_shape(text: str) -> object:
    """How many lines there are; the log of a check may have more, each behind a mark."""
    lines = text.split("\n")
    return len([line for line in lines if not line.startswith("   | ")])


def line_shape(text: str) -> object:
    """How many lines there are, and with what each begins."""
    return [re.match(r"\W*", line)[0][:3] for line in text.splitlines()]  # type: ignore[index]


def json_shape(text: str) -> object:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return [shape(v) for v in value.values()]
        return [shape(v) for v in value] if isinstance(value, list) else type(value).__name__

    return shape(json.loads(text))


SHAPES = {
    "text": text_shape,
    "json": json_shape,
    "markdown": markdown_shape,
    "html": html_shape,
    "junit": xml_shape,
    "github": line_shape,
}


def same_shape(format: str, hostile: str, harmless: str) -> None:
    assert not steers(hostile)
    assert SHAPES[format](hostile) == SHAPES[format](harmless)
    if format == "markdown":
        prose = re.sub(r"(`+) .*? \1|`[^`\n]*`", "", hostile)
        for link in ("@octocat", "://", "#1", "GH-1", "www."):
            assert link not in prose


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("attack", HOSTILE)
@pytest.mark.parametrize("format", SHAPES)
def test_a_report_of_hostile_texts_has_the_shape_of_a_harmless_one(
    format: str, attack: str, state: Any
) -> None:
    options = {"width": 100_000, "verbose": True} if format == "text" else {}
    hostile, harmless = (made(Report, text, state) for text in (HOSTILE[attack], HARMLESS))

    same_shape(format, render(hostile, format, **options), render(harmless, format, **options))


def test_json_holds_the_very_text() -> None:
    hostile = made(Report, HOSTILE["terminal"])

    assert load(render(hostile, "json").encode()) == hostile


@pytest.mark.parametrize("attack", HOSTILE)
@pytest.mark.parametrize("format", ["text", "json", "markdown", "html"])
def test_changes_of_hostile_texts_have_the_shape_of_harmless_ones(format: str, attack: str) -> None:
    hostile, harmless = (
        render_changes((made(Change, text),), format) for text in (HOSTILE[attack], HARMLESS)
    )

    same_shape(format, hostile, harmless)


@pytest.mark.parametrize("attack", HOSTILE)
def test_what_got_worse_since_the_baseline_is_one_line_each(attack: str) -> None:
    (line,) = lines([made(Change, HOSTILE[attack])])

    assert not steers(line) | {"\n"} & set(line)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("attack", HOSTILE)
def test_answers_in_text_about_a_foreign_machine_stay_text(attack: str, state: Any) -> None:
    answers: list[Callable[[str], str]] = [
        lambda text: machine_text(made(Machine, text, state)),
        lambda text: machine_json(made(Machine, text, state)),
        lambda text: plan_text(made(Plan, text), verbose=True),
        lambda text: plan_text(made(Plan, text), os="windows", verbose=True),
        lambda text: "\n".join(command_lines(made(Plan, text), "linux")),
        lambda text: plan_json(made(Plan, text)),
        lambda text: _as_text((made(Match, text),), "text"),
        lambda text: _as_json((made(Match, text),)),
        lambda text: results_text(
            CheckRun(runtime=Absent(), outcomes=made(Report, text).checks), 1
        ),
    ]
    for answer in answers:
        hostile, harmless = answer(HOSTILE[attack]), answer(HARMLESS)
        assert not steers(hostile)
        assert len(hostile.splitlines()) == len(harmless.splitlines())
