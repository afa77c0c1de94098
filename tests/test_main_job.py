"""What `envsetup setup` left behind before these tests began: a proven environment, and its report."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

NAMED = {"autograd", "dynamic-graph", "mlp-train"}


@pytest.fixture(scope="module")
def report(target_python: str) -> dict[str, Any]:
    """The report of the run that made the environment under test."""
    path = Path(target_python).parents[1] / "envsetup-report.json"
    if not path.is_file():
        pytest.skip("the target wasn't made by `python3 start.py --test`: it has no report")
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


def test_the_environment_is_proven(report: dict[str, Any]) -> None:
    assert report["schema_version"] == "1"
    assert report["proven"] is True
    assert report["plan"]["build"] in ("cpu", None)


def test_nothing_is_wrong_with_it(report: dict[str, Any]) -> None:
    if report["summary"]["gpus"]:
        pytest.skip("a CPU build beside a GPU is a finding, and the tests ask for one on purpose")

    assert [f["code"] for f in report["findings"] if f["severity"] == "error"] == []
    assert report["verdict"] in ("ok", "warnings")


def test_the_three_named_checks_passed_on_the_cpu(report: dict[str, Any]) -> None:
    passed = {c["id"] for c in report["checks"] if (c["status"], c["device"]) == ("passed", "cpu")}

    assert passed >= NAMED


def test_the_report_fits_the_published_schema(report: dict[str, Any]) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="in the extra `test`")
    argv = [sys.executable, "-m", "envsetup", "schema", "report"]
    printed = subprocess.run(argv, capture_output=True, check=True, timeout=60).stdout

    jsonschema.validate(report, json.loads(printed))


def test_the_tool_and_the_environment_are_apart(target_python: str) -> None:
    """torch is the target's, and nothing of ours was installed there to examine it."""
    ask = "import importlib.util as u; print(u.find_spec('torch') and not u.find_spec('envsetup'))"
    done = subprocess.run(
        [target_python, "-I", "-c", ask], capture_output=True, text=True, timeout=60
    )

    assert done.stdout.strip() == "True", done.stderr
