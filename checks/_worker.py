"""Runs checks in the target: one `import torch`, then each check in a process that may die.

Called as `python _worker.py ORDER.json`. Every event is one JSON line in the order's results file, on
disk before the next step begins, so that whatever dies is charged to what it was doing:

    importing · imported | import-failed · runtime | runtime-failed · preload · start · result · done

On Linux this process imports torch, runs no operation, touches no device, and forks: a child per
device, more on the CPU where cores are free. `torch._dynamo`, which the first optimizer step would
import at nearly the cost of torch itself, is imported here once while a child runs what doesn't need
it. Elsewhere (`fork` false in the order) the checks run here in turn, and envsetup watches from outside.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 8):
    raise SystemExit("envsetup examines Python 3.8 and newer")


def _leave_own_folder() -> None:
    """Takes this script's folder off sys.path by name: a check must never shadow a module."""
    own = __file__.replace("\\", "/").rpartition("/")[0]
    sys.path[:] = [p for p in sys.path if p.replace("\\", "/").rstrip("/") != own]


_leave_own_folder()

import faulthandler
import json
import math
import os
import time
import traceback
import types
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._run_check import Order

TAIL = 4000
"""Characters kept of a message or a traceback."""


def _own_package() -> str:
    """Makes a package of this folder, which is not on sys.path, so that its files import each other."""
    package = types.ModuleType("envsetup_checks")
    package.__path__ = [os.path.dirname(os.path.abspath(__file__))]
    sys.modules[package.__name__] = package
    return package.__name__


class Journal:
    """Appends events to the results file and reads what others appended."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.seen = 0

    def write(self, event: str, **fields: object) -> None:
        line = json.dumps(_plain(dict(fields, event=event, at=time.monotonic()))) + "\n"
        os.write(self.handle, line.encode("utf-8", "replace"))

    def news(self) -> list[dict[str, Any]]:
        """Whole lines that came since the last call."""
        with open(self.path, "rb") as file:
            file.seek(self.seen)
            fresh = file.read()
        end = fresh.rfind(b"\n") + 1
        self.seen += end
        return [json.loads(line) for line in fresh[:end].splitlines()]


def _plain(value: object, depth: int = 0) -> object:
    """The value as JSON can hold it: numbers that are no numbers as text, long things cut."""
    if isinstance(value, (bool, int, type(None))):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return value[: 4 * TAIL].encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict) and depth < 6:
        return {str(k): _plain(v, depth + 1) for k, v in list(value.items())[:500]}
    if isinstance(value, (list, tuple)) and depth < 6:
        return [_plain(v, depth + 1) for v in list(value)[:2000]]
    item = getattr(value, "item", None)  # a tensor or numpy scalar with one element
    if callable(item):
        try:
            return _plain(item(), depth + 1) if depth < 6 else str(value)[:TAIL]
        except Exception:
            return str(value)[:TAIL]
    return str(value)[:TAIL]


def import_torch(journal: Journal) -> Any:
    """torch, or None after writing down why not."""
    journal.write("importing")
    started = time.monotonic()
    seen: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("default")
            import torch
        version = str(torch.__version__)
        threads = int(torch.get_num_threads())
        torch.set_num_threads(1)
    except BaseException as error:  # a SystemExit inside torch must not end this process quietly
        missing = isinstance(error, ModuleNotFoundError) and error.name == "torch"
        text = traceback.format_exc()[-TAIL:]
        name = ("%s: %s" % (type(error).__name__, error)).rstrip(": ")
        journal.write("import-failed", missing=missing, error=name[:TAIL], traceback=text)
        return None
    journal.write(
        "imported",
        version=version,
        num_threads=threads,
        import_s=time.monotonic() - started,
        warnings=["%s: %s" % (w.category.__name__, w.message) for w in seen[:20]],
    )
    return torch


def run_in_turn(torch: Any, order: Order, journal: Journal) -> bool:
    """Everything in this process, for systems without a safe fork; False where a new one must go on."""
    from . import _run_check, _runtime

    facts = _runtime.runtime_facts(torch) if order["runtime"] else {}
    journal.write("runtime", facts=facts)
    known = _runtime.names_of(facts.get("devices") or [{"kind": "cpu", "index": 0}])
    tasks, unknown = _run_check.expand(order, known)
    _run_check.refuse_unknown(order, unknown, known, journal)
    done, only = order["done"], order["only"]
    left = (t for t in tasks if t["key"] not in done and (not only or t["key"] in only))
    return _run_check.run_all(torch, left, dict(done), journal)


def main(path: str) -> None:
    faulthandler.enable()
    with open(path, encoding="utf-8") as file:
        order: Order = json.load(file)
    deadline = time.monotonic() + order["whole_s"]
    journal = Journal(order["results"])
    torch = import_torch(journal)
    if torch is not None:
        if order["fork"]:
            from ._supervisor import Supervisor

            Supervisor(torch, order, journal, deadline).run()
        elif not run_in_turn(torch, order, journal):
            os._exit(0)  # not done: envsetup starts another worker for the rest
        journal.write("done")
    os._exit(0)


if __name__ == "__main__":
    __package__ = _own_package()
    main(sys.argv[1])
