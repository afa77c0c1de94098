"""The measured environments with the right answers, through the command as users call it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from envsetup.cli.install_plan import command

ORACLE = Path(__file__).parents[2].parent / "shared" / "reference" / "oracle-install.jsonl"
ROWS = [json.loads(line) for line in ORACLE.read_text().splitlines()] if ORACLE.exists() else []

pytestmark = pytest.mark.skipif(not ROWS, reason="the reference folder is not beside the project")


def answer(args: list[str]) -> dict[str, Any]:
    result = CliRunner().invoke(command, args, standalone_mode=True)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    plan: dict[str, Any] = json.loads(result.stdout)
    assert result.exit_code == (1 if plan["action"] == "refuse" else 0)
    return plan


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_row(row: dict[str, Any]) -> None:
    plan = answer(row["args"][1:])
    assert plan["action"] in row["accept_actions"]
    if plan["action"] == "refuse":
        assert plan["fixes"], "a refusal names what would help"
        assert not plan["commands"]
        return
    build = f"+{plan['build']}" if plan["build"] else ""
    assert plan["torch_version"] + build in row["accept_versions"]
    if row["warn"]:
        assert plan["warnings"]
