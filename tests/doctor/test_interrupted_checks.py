"""An interrupt while torch works in a child: no process of it is left, and the answer says what happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.leftovers import is_there, none_left

if TYPE_CHECKING:
    from tests.doctor.conftest import Bench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, and looks into /proc")

HANGS = """
import os, subprocess, sys
class Hanging:
    @staticmethod
    def is_available():
        import time
        other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with open({told!r} + ".part", "w") as file:
            file.write(f"{{os.getpid()}} {{os.getppid()}} {{other.pid}}")
        os.rename({told!r} + ".part", {told!r})
        time.sleep(600)
cuda.is_available = Hanging.is_available
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_of_a_running_worker_is_left(
    bench: Bench, tmp_path: Path, number: signal.Signals
) -> None:
    """The worker forked, its child hangs in torch and started another program: all three go."""
    told, package = tmp_path / "pids", tmp_path / "torch"
    package.mkdir()
    (package / "__init__.py").write_text(bench.torch + HANGS.format(told=str(told)), "utf-8")
    argv = [sys.executable, "-m", "envsetup", "checks", "run", "import", "--format", "json"]
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    pipe = subprocess.PIPE
    run = subprocess.Popen(argv, env=environ, stdout=pipe, stderr=pipe, text=True)
    until = time.monotonic() + 60
    while not told.exists() and run.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    pids = [int(word) for word in told.read_text("utf-8").split()]

    run.send_signal(number)
    said, words = run.communicate(timeout=30)

    assert run.returncode == 130
    assert "interrupted" in words
    assert "Traceback" not in words
    assert json.loads(said)["schema_version"] == "1"
    assert not none_left(lambda: list(filter(is_there, pids)))
