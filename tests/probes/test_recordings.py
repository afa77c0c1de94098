"""A machine is written down and read again, nothing personal with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from envsetup.cli import root as cli


def run(*args: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, list(args))
    return result.exit_code, result.stdout, result.stderr


def stable(text: str) -> dict[str, object]:
    """The machine without what changes between two looks."""
    machine = json.loads(text)["machine"]
    for name in ("memory", "storage"):
        machine.pop(name)
    assert isinstance(machine, dict)
    return machine


def test_replay_equals_what_was_recorded(tmp_path: Path) -> None:
    folder = str(tmp_path / "rec")
    code, live, _ = run("probe", "--record", folder, "--format", "json")
    assert code == 0
    code, replayed, _ = run("probe", "--replay", folder, "--format", "json")
    assert code == 0
    assert stable(live) == stable(replayed)


def test_a_recording_holds_no_home_and_no_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "homes" / "somebody"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("HF_TOKEN", "hf_abcdefghijklmnopqrstuv")
    run("probe", "--record", str(tmp_path / "rec"))
    text = (tmp_path / "rec" / "answers.json").read_text()
    assert "somebody" not in text
    assert "hf_abc" not in text


@pytest.mark.parametrize("content", [None, "{", "[]", '{"no": "os"}'])
def test_what_is_no_recording_is_a_usage_error(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "answers.json").write_text(content)
    code, out, err = run("probe", "--replay", str(tmp_path))
    assert code == 2
    assert not out
    assert "answers.json" in err
