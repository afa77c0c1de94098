"""Limits that a container or a batch system sets, set for real: processor time, number of processes.

One of memory isn't among them: near it the kernel reads the same pages of torch again and again, for a minute.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.reproduced.test_folders_and_limits import TARGET, needs_target, top

ROOT = Path("/sys/fs/cgroup")
pytestmark = [
    needs_target,
    pytest.mark.skipif(sys.platform != "linux", reason="cgroups are Linux'"),
]


@contextmanager
def cgroup(controller: str, **settings: str) -> Iterator[Path]:
    """A group of one controller (version 1), or skipped where none can be made."""
    folder = ROOT / controller / f"envsetup-test-{os.getpid()}"
    try:
        folder.mkdir()
        for name, value in settings.items():
            (folder / f"{controller}.{name}").write_text(value)
    except OSError as error:
        with suppress(OSError):
            folder.rmdir()
        pytest.skip(f"no cgroup of {controller} can be made here: {error.strerror}")
    try:
        yield folder
    finally:
        emptied(folder)


def emptied(folder: Path) -> None:
    """Removed; the kernel takes a moment to let go of the last process."""
    for _ in range(50):
        with suppress(OSError):
            return folder.rmdir()
        time.sleep(0.1)
    left = (folder / "cgroup.procs").read_text().split()
    pytest.fail(f"processes {left} were left behind")


def doctor(folder: Path, *options: str) -> dict[str, Any]:
    shell = f'echo $$ > {folder}/cgroup.procs; exec "$@"'
    argv = [sys.executable, "-m", "envsetup", "doctor", "--python", TARGET, "--format", "json"]
    done = subprocess.run(
        ["bash", "-c", shell, "bash", *argv, *options],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    report = json.loads(done.stdout)
    assert isinstance(report, dict)
    return report


def test_half_a_core_is_seen_and_nothing_times_out() -> None:
    with cgroup("cpu", cfs_quota_us="50000") as folder:
        report = doctor(folder, "--select", "threads,autograd,CT107")
    assert report["machine"]["cpu"]["value"]["quota_cores"] == 0.5
    assert top(report) == ["CT107"]
    assert {c["status"] for c in report["checks"]} == {"passed"}


@pytest.mark.parametrize("count", [6, 10])
def test_few_processes_are_the_finding_and_not_the_end(count: int) -> None:
    """Threads of our own that the limit refuses are done without."""
    with cgroup("pids", max=str(count)) as folder:
        report = doctor(folder, "--select", "matmul,DL103")
    assert top(report) == ["DL103"]
    assert len(report["checks"]) == 1
