"""Runs checks in the target interpreter, each in a fork of one process that imported torch once.

Usage: in_target.py CASES ANSWERS. CASES is a JSON list of [check file stem, device, sabotage or null]; ANSWERS
gets a JSON list of {"status", "message", "measurements"} in the same order.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import signal
import sys
import unittest
import warnings
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIMIT_S = 300

sys.path.append(str(ROOT))
from checks._run_check import load_check  # noqa: E402 (as the worker loads them)


def load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("loaded_" + path.stem, str(path))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answer(torch: Any, stem: str, device: str, sabotage: str | None) -> dict[str, Any]:
    """What the check said, as the worker would tell it."""
    stand = torch
    if sabotage:
        stand = getattr(load(HERE / "sabotage.py"), sabotage)(torch) or torch
    try:
        found = load_check(str(ROOT / "checks" / (stem + ".py"))).run(stand, device)
        json.dumps(found)
    except AssertionError as error:
        return {"status": "failed", "message": str(error), "measurements": {}}
    except unittest.SkipTest as error:
        return {"status": "skipped", "message": str(error), "measurements": {}}
    except BaseException as error:
        return {
            "status": "broken",
            "message": f"{type(error).__name__}: {error}",
            "measurements": {},
        }
    return {"status": "passed", "message": "", "measurements": found}


def in_fork(torch: Any, case: list[Any]) -> dict[str, Any]:
    """One case in a child of its own, so that no sabotage outlives it."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        signal.alarm(LIMIT_S)
        warnings.simplefilter("ignore")
        with os.fdopen(write, "w", encoding="utf-8") as out:
            json.dump(answer(torch, *case), out)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if status or not told:
        return {"status": "crashed", "message": f"wait status {status}", "measurements": {}}
    said: dict[str, Any] = json.loads(told)
    return said


def main() -> None:
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    for name in ("torch._dynamo", "torch.testing", "sympy"):
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    cases = json.loads(Path(sys.argv[1]).read_text())
    # One share of the cases for each core, every so-manieth: neighbours are often as slow as each other.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    children = [fork_share(torch, cases[first::cores], first) for first in range(cores)]
    answers: list[Any] = [None] * len(cases)
    for first, (child, path) in enumerate(children):
        os.waitpid(child, 0)
        answers[first::cores] = json.loads(path.read_text())
    Path(sys.argv[2]).write_text(json.dumps(answers))


def fork_share(torch: Any, cases: list[list[Any]], number: int) -> tuple[int, Path]:
    """A child that takes these cases in turn; its process number, and the file for its answers."""
    path = Path(f"{sys.argv[2]}.{number}")
    child = os.fork()
    if child == 0:
        try:
            path.write_text(json.dumps([in_fork(torch, case) for case in cases]))
        finally:
            os._exit(0)
    return child, path


if __name__ == "__main__":
    main()
