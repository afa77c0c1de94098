"""What an earlier version saved stays readable: report_v1.json was written by 0.1.0 and isn't written anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from envsetup.cli import root as cli
from envsetup.report import FORMATS, load, load_machine, render

SAVED = Path(__file__).with_name("report_v1.json")


def lost(before: Any, after: Any, path: str = "$") -> list[str]:
    """The places of what the first holds and the second doesn't; more may be there."""
    if isinstance(before, dict) and isinstance(after, dict):
        gone = [f"{path}.{k}" for k in before if k not in after]
        kept = [lost(v, after[k], f"{path}.{k}") for k, v in before.items() if k in after]
        return gone + [place for places in kept for place in places]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [p for i, (b, a) in pairs for p in lost(b, a, f"{path}[{i}]")]
    return [] if before == after else [path]


def test_every_field_of_a_saved_report_is_still_read() -> None:
    told = json.loads(render(load(SAVED.read_bytes()), "json"))

    assert lost(json.loads(SAVED.read_text("utf-8")), told) == []


def test_what_is_lost_is_seen() -> None:
    assert lost({"a": [1, {"b": 2}]}, {"a": [1, {"c": 2}], "d": 3}) == ["$.a[1].b"]


def test_a_saved_report_gives_a_machine() -> None:
    assert load_machine(SAVED.read_bytes()) == load(SAVED.read_bytes()).machine


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_a_saved_report_converts(format: str) -> None:
    answer = CliRunner().invoke(cli, ["report", "convert", str(SAVED), "--format", format])

    assert answer.exit_code == 0, answer.output


def test_a_saved_report_is_a_baseline() -> None:
    words = ["doctor", "--from", str(SAVED), "--baseline", str(SAVED), "--fail-on", "never"]

    assert CliRunner().invoke(cli, words, standalone_mode=False).return_value == 0
