"""Every check passes on a sound torch, and fails, by assertion, on one with a single thing wrong."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
STEMS = sorted(path.stem for path in (ROOT / "checks").glob("[a-z]*.py"))


def load(stem: str) -> Any:
    spec = importlib.util.spec_from_file_location(stem, HERE / f"{stem}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sabotage = load("sabotage")

pytestmark = pytest.mark.timeout(1300)
"""The first test waits for all cases: some 230 checks."""


def literals(stem: str) -> dict[str, Any]:
    """The literal constants at the top of a check's file."""
    import ast

    tree = ast.parse((ROOT / "checks" / f"{stem}.py").read_text(encoding="utf-8"))
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return found


ON_CPU = [
    s
    for s in STEMS
    if literals(s)["DEVICES"] != "accelerator" and literals(s)["LEVEL"] == "standard"
]
PASSES: list[list[str | None]] = [[stem, "cpu", None] for stem in ON_CPU]
PASSES.append(["companions", "cpu", "sound_torchvision"])
PASSES += [[stem, "cuda:0", "pretend_cuda"] for stem in sabotage.PRETEND.split()]
PASSES += [
    [stem, "cpu", None]
    for stem in ("torch_export", "throughput", "distributed_training", "profiler")
]
PASSES += [[stem, "cuda:0", "two_devices"] for stem in ("peer_copy", "distributed_training")]
PASSES += [[stem, "cuda:1", "two_devices"] for stem in sabotage.PRETEND.split()]
PASSES.append(["device_assert", "cuda:0", "assertion_is_seen"])
BROKEN: list[list[str | None]] = [[stem, "cpu", name] for stem, name in sabotage.TABLE]
BROKEN += [[stem, "cuda:0", name] for stem, name in sabotage.ON_DEVICE]


def target_python() -> str:
    named = os.environ.get("ENVSETUP_TEST_TARGET") or str(ROOT / ".venv-test" / "bin" / "python")
    if not Path(named).exists():
        pytest.skip("no interpreter with torch: set ENVSETUP_TEST_TARGET to one")
    return named


@pytest.fixture(scope="module")
def answers(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[tuple[str | None, ...], dict[str, Any]]:
    """All cases, run in forks of one process that imported torch."""
    python = target_python()
    folder = tmp_path_factory.mktemp("checks")
    cases = PASSES + BROKEN
    (folder / "cases.json").write_text(json.dumps(cases))
    argv = [
        python,
        str(HERE / "in_target.py"),
        str(folder / "cases.json"),
        str(folder / "answers.json"),
    ]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads((folder / "answers.json").read_text())
    return {tuple(case): answer for case, answer in zip(cases, told, strict=True)}


@pytest.mark.parametrize("case", PASSES, ids=lambda case: "-".join(filter(None, case)))
def test_passes_on_a_sound_torch(case: list[str | None], answers: Any) -> None:
    answer = answers[tuple(case)]
    if answer["status"] == "skipped":
        assert answer["message"]
        pytest.skip(answer["message"])
    assert answer["status"] == "passed", answer["message"]
    assert answer["measurements"]
    for name, measured in answer["measurements"].items():
        value = measured["value"] if isinstance(measured, dict) else measured
        assert isinstance(value, (int, float, str, list)), name


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: f"{case[0]}-{case[2]}")
def test_fails_on_a_sabotaged_torch(case: list[str | None], answers: Any) -> None:
    answer = answers[tuple(case)]
    assert answer["status"] == "failed", f"{answer['status']}: {answer['message']}"
    assert answer["message"]


def test_every_check_has_a_sabotage() -> None:
    assert set(STEMS) == {stem for stem, _ in sabotage.TABLE + sabotage.ON_DEVICE}
