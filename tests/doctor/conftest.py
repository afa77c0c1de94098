"""A torch that costs nothing to import, and checks written for the occasion."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from envsetup.doctor.catalogue import read_check
from envsetup.doctor.runner import CheckRun, CheckRunner
from envsetup.model import Outcome

FAKE_TORCH = """
__version__ = "9.9.9+cpu"
def get_num_threads(): return 2
def set_num_threads(n): pass
class version:
    cuda = hip = None
class cuda:
    is_available = staticmethod(lambda: False)
class _C:
    pass
class backends:
    class mps:
        is_built = is_available = staticmethod(lambda: False)
"""

HEADER = """
SUMMARY = "made for a test"
DEVICES = {devices!r}
REQUIRES = {requires!r}
LEVEL = "standard"
TIMEOUT_S = {timeout_s!r}

"""


class Bench:
    """Runs made-up checks on a made-up torch, by the real worker."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.torch = FAKE_TORCH
        self.orders: list[dict[str, object]] = []
        self.checks: list[object] = []

    def check(
        self,
        name: str,
        body: str,
        timeout_s: float = 30.0,
        requires: tuple[str, ...] = (),
        devices: str = "any",
        late: bool = False,
    ) -> Bench:
        path = self.folder / f"{name}.py"
        header = HEADER.format(devices=devices, requires=requires, timeout_s=timeout_s)
        lines = "\n".join("    " + line for line in body.strip("\n").splitlines())
        path.write_text(f"{header}def run(torch, device):\n{lines}\n", "utf-8")
        about = read_check(str(path), path.read_text("utf-8"))
        self.checks.append(about)
        self.orders.append(
            {
                "id": about.id,
                "file": str(path),
                "late": late,
                "devices": devices,
                "timeout_s": timeout_s,
                "requires": list(requires),
            }
        )
        return self

    def run(self, *, fork: bool = True, limit_s: float = 60.0, **options: object) -> CheckRun:
        package = self.folder / "path" / "torch"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text(self.torch, "utf-8")
        runner = CheckRunner(
            str(options.get("executable", sys.executable)),
            self.checks,  # type: ignore[arg-type]
            self.orders,
            options.get("devices"),  # type: ignore[arg-type]
            limit_s,
            lambda _kind, _name: None,
            fork=fork,
            repeat=int(str(options.get("repeat", 1))),
        )
        environ = options.get("environ", {})
        assert isinstance(environ, dict)
        return runner.run({"PATH": "", "PYTHONPATH": str(package.parent), **environ})


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture(params=[True, False], ids=["forked", "in turn"])
def fork(request: pytest.FixtureRequest) -> bool:
    if request.param and sys.platform != "linux":
        pytest.skip("the worker forks on Linux only")
    return bool(request.param)


Statuses = Callable[[CheckRun], dict[str, str]]


@pytest.fixture
def statuses() -> Statuses:
    return lambda run: {o.id: o.status for o in run.outcomes}


@pytest.fixture
def outcome() -> Callable[[CheckRun, str], Outcome]:
    return lambda run, name: next(o for o in run.outcomes if o.id == name)
