"""The script of the cost table measures what it says, without timing anything here."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def cost_table() -> ModuleType:
    path = ROOT / "benchmarks" / "cost_table.py"
    spec = importlib.util.spec_from_file_location("cost_table", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["cost_table"] = module
    spec.loader.exec_module(module)
    return module


def test_every_line_of_the_page_that_can_be_measured_has_a_row(cost_table: ModuleType) -> None:
    page = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
    limits = [row.limit for row in cost_table.rows("python", "few", "many")]

    assert limits == [2.0, 2.5, 0.35, 2.5, 1.3]
    assert all(f"{limit:g} ×" in page for limit in limits)


def test_works_take_turns_and_the_first_round_does_not_count(cost_table: ModuleType) -> None:
    seen: list[str] = []

    def clock(argv: Sequence[str]) -> float:
        seen.append(argv[0])
        return float(len(seen))

    times = cost_table.measure([("a",), ("b",), ("a",)], 2, clock)

    assert seen == ["a", "b"] * 3
    assert times == {("a",): [3.0, 5.0], ("b",): [4.0, 6.0]}


def test_a_made_up_environment_has_its_distributions(
    cost_table: ModuleType, tmp_path: Path
) -> None:
    python = Path(cost_table.make_environment(tmp_path / "env", 5))

    assert python.exists()
    assert len(list((tmp_path / "env").rglob("*.dist-info/METADATA"))) == 5


def test_the_share_of_each_check_is_of_the_whole_and_every_status_shows(
    cost_table: ModuleType,
) -> None:
    def report(duration: float, status: str) -> dict[str, object]:
        check = {"id": "matmul", "device": "cpu", "duration_s": duration, "status": status}
        return {"timings_s": {"total": 4.0}, "checks": [check]}

    told = cost_table.shares([report(1.0, "passed"), report(3.0, "timed-out")])

    assert "| matmul on cpu | 2.000 s | 50.0% | passed, timed-out |" in told


def test_busy_cores_end_with_the_block(
    cost_table: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []
    popen = cost_table.subprocess.Popen

    def start(*arguments: Any, **options: Any) -> Any:
        started.append(popen(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(cost_table.subprocess, "Popen", start)
    with cost_table.busy_cores(True):
        assert all(loop.poll() is None for loop in started)

    assert started
    assert all(loop.poll() is not None for loop in started)
