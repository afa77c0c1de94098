"""What runs in the target keeps to Python 3.8, and looks up what torch 1.13 didn't have before it uses it."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

CHECKS = sorted((Path(__file__).parents[2] / "checks").glob("*.py"))

NEWER = {
    "compile": "2.0",
    "export": "2.1",
    "sdp_kernel": "2.0",
    "scaled_dot_product_attention": "2.0",
    "sdpa_kernel": "2.3",
    "SDPBackend": "2.2",
    "xpu": "2.4",
    "set_default_device": "2.0",
    "accelerator": "2.6",
    "mtia": "2.1",
    "vmap": "2.0",
    "func": "2.0",
    "uint16": "2.3",
    "float8_e4m3fn": "2.1",
    "is_ucc_available": "2.0",
    "rms_norm": "2.4",
}
"""Names under `torch` that came after 1.13, by its release notes."""


def chain(node: ast.expr) -> list[str]:
    """The names after `torch` in torch.a.b, or nothing where it isn't one."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return names if isinstance(node, ast.Name) and node.id == "torch" else []


def used(tree: ast.Module) -> set[str]:
    chains = [chain(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return {name for names in chains for name in names}


def looked_up(tree: ast.Module) -> set[str]:
    """Names that the file asks for by `hasattr` or `getattr`."""
    asked = {
        argument.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("hasattr", "getattr")
        for argument in node.args[1:2]
        if isinstance(argument, ast.Constant)
    }
    return {str(name) for name in asked}


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: path.stem)
def test_what_torch_1_13_lacks_is_looked_up_before_use(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))

    assert not (used(tree) & set(NEWER)) - looked_up(tree)


def test_the_look_for_newer_names_finds_some() -> None:
    found = set[str]()
    for path in CHECKS:
        found |= used(ast.parse(path.read_text("utf-8"))) & set(NEWER)

    assert {"compile", "scaled_dot_product_attention", "xpu"} <= found


def test_what_runs_in_the_target_needs_no_newer_python() -> None:
    if importlib.util.find_spec("vermin") is None:
        pytest.skip("vermin is not installed")
    argv = [
        sys.executable,
        "-c",
        "from vermin import main; main()",
        "-t=3.8-",
        "--no-tips",
        "--violations",
    ]
    argv += ["--no-eval-annotations", "--no-parse-comments", *map(str, CHECKS)]

    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 0, done.stdout
    assert "Minimum required versions" in done.stdout
