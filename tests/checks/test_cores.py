"""How many cores the thread check expects: the tightest quota of any cgroup above the process."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).parents[2] / "checks" / "threads.py"


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("threads_under_test", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    return module


def quota(module: ModuleType, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> float:
    monkeypatch.setattr(module, "_words", lambda path: files.get(path, "").split())
    return float(module.usable_cores())


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, 16),
        ({"/sys/fs/cgroup/cpu.max": "max 100000"}, 16),
        ({"/sys/fs/cgroup/cpu.max": "150000 100000"}, 1.5),
        (
            {
                "/proc/self/cgroup": "0::/system.slice/slurmstepd/job_7/step_0",
                "/sys/fs/cgroup/system.slice/slurmstepd/job_7/cpu.max": "400000 100000",
                "/sys/fs/cgroup/system.slice/cpu.max": "max 100000",
            },
            4,
        ),
        (
            {
                "/proc/self/cgroup": "5:cpu,cpuacct:/job 4:memory:/other",
                "/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "200000",
                "/sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000",
                "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
                "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            2,
        ),
        ({"/proc/self/cgroup": "0::/../outside", "/sys/fs/cgroup/cpu.max": "300000 100000"}, 3),
    ],
)
def test_the_tightest_quota_above_holds(
    threads: ModuleType, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], cores: float
) -> None:
    assert quota(threads, monkeypatch, files) == cores
