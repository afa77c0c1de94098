"""What the worker and the listing rely on in every check's file, read without importing it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

CHECKS = sorted((Path(__file__).parents[2] / "checks").glob("[a-z]*.py"))
IDS = [path.stem for path in CHECKS]
LITERALS = {"SUMMARY": str, "DEVICES": str, "REQUIRES": tuple, "LEVEL": str, "TIMEOUT_S": float}


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))


def constants(path: Path) -> dict[str, object]:
    found = {}
    for node in tree_of(path).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in LITERALS or name == "ID":
                found[name] = ast.literal_eval(node.value)
    return found


def id_of(path: Path) -> str:
    return str(constants(path).get("ID", path.stem.replace("_", "-")))


@pytest.mark.parametrize("path", CHECKS, ids=IDS)
def test_constants_are_literal_and_sound(path: Path) -> None:
    found = constants(path)
    for name, kind in LITERALS.items():
        assert isinstance(found[name], kind), name
    assert found["DEVICES"] in ("any", "cpu", "accelerator")
    assert found["LEVEL"] in ("standard", "deep")
    ids = {id_of(other) for other in CHECKS}
    assert set(found["REQUIRES"]) <= ids - {id_of(path)}  # type: ignore[call-overload]


@pytest.mark.parametrize("path", CHECKS, ids=IDS)
def test_docstring_is_a_page(path: Path) -> None:
    page = ast.get_docstring(tree_of(path)) or ""
    for part in ("What it proves:", "How:", "failure"):
        assert part in page, part


@pytest.mark.parametrize("path", CHECKS, ids=IDS)
def test_imports_only_the_standard_library_and_helpers_at_the_top(path: Path) -> None:
    tree = tree_of(path)
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            assert (path.parent / f"{node.module}.py").exists(), node.module
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            top = name.split(".")[0]
            assert top in sys.stdlib_module_names or (top == "torch" and node not in tree.body), (
                name
            )


@pytest.mark.parametrize("path", CHECKS, ids=IDS)
def test_runs_under_optimised_python_too(path: Path) -> None:
    """An assert statement vanishes under PYTHONOPTIMIZE; checks must raise."""
    assert not [node.lineno for node in ast.walk(tree_of(path)) if isinstance(node, ast.Assert)]


@pytest.mark.parametrize("path", CHECKS, ids=IDS)
def test_run_takes_torch_and_device(path: Path) -> None:
    runs = [n for n in tree_of(path).body if isinstance(n, ast.FunctionDef) and n.name == "run"]
    assert [[argument.arg for argument in run.args.args] for run in runs] == [["torch", "device"]]
    raising = [
        n for n in ast.walk(tree_of(path)) if isinstance(n, ast.Name) and n.id == "AssertionError"
    ]
    assert raising, "a check that can't fail"


@pytest.mark.parametrize("path", CHECKS, ids=IDS)
def test_waits_for_its_own_device(path: Path) -> None:
    """Without a device, torch waits for the current one, which is the first."""
    for wait in ("torch.cuda.synchronize()", "torch.xpu.synchronize()"):
        assert wait not in path.read_text(encoding="utf-8")


def test_ids_are_unique_and_files_shadow_nothing() -> None:
    ids = [id_of(path) for path in CHECKS]
    assert len(ids) == len(set(ids))
    taken = set(sys.stdlib_module_names) | {"torch", "numpy", "distributed"}
    assert not taken & {path.stem for path in CHECKS}
