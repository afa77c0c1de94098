"""What every test may ask for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# A busy machine is no failure: examples have no deadline, and a failure comes again on the next run.
settings.register_profile("envsetup", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("envsetup")

STEERING = (
    "ENVSETUP_KNOWLEDGE",
    "ENVSETUP_MIRROR",
    "NO_COLOR",
    "FORCE_COLOR",
    "COLUMNS",
    "PYTHONPATH",
)
"""Variables that change what envsetup answers: a developer's own must not reach a test."""


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in STEERING:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The developer's stored knowledge reaches no test, and no test writes beside it.

    pip and uv keep their own caches: fetching everything anew would take minutes.
    """
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    with pytest.MonkeyPatch.context() as patch:
        for name, folder in (("PIP_CACHE_DIR", "pip"), ("UV_CACHE_DIR", "uv")):
            patch.setenv(name, os.environ.get(name, str(usual / folder)))
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the clone."""
    return ROOT


@pytest.fixture(scope="session")
def target_python() -> str:
    """The interpreter of an environment that `envsetup setup` made: CPU torch and numpy."""
    python = os.environ.get("ENVSETUP_TEST_TARGET", "")
    if not python:
        pytest.skip("no ENVSETUP_TEST_TARGET; `python3 start.py --test` makes one")
    return python


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with the marker `gpu` run where the target's torch sees one."""
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if marked and not _gpu_usable():
        for item in marked:
            item.add_marker(pytest.mark.skip(reason="the target's torch sees no GPU"))


def _gpu_usable() -> bool:
    python = os.environ.get("ENVSETUP_TEST_TARGET") or sys.executable
    ask = "import sys, torch; sys.exit(not torch.cuda.is_available())"
    return subprocess.run([python, "-c", ask], capture_output=True, timeout=120).returncode == 0
