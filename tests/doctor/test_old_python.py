"""The worker, really run by the oldest interpreters that this machine has."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from envsetup.model import Outcome
from envsetup.target import check_sources

if TYPE_CHECKING:
    from tests.doctor.conftest import Bench

Find = Callable[..., Outcome]
COMPILES = """
import sys
for path in sys.stdin.read().splitlines():
    with open(path, encoding="utf-8") as file:
        compile(file.read(), path, "exec")
"""


@pytest.fixture(params=["python3.8", "python3.9", "python3.10"])
def old(request: pytest.FixtureRequest) -> str:
    found = shutil.which(str(request.param))
    if found is None or subprocess.run([found, "-c", ""], capture_output=True).returncode:
        pytest.skip(f"no {request.param} here")
    ask = [found, "-c", "import sys; print(sys.executable)"]
    return subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()


def test_the_worker_gives_its_verdicts(bench: Bench, fork: bool, old: str, outcome: Find) -> None:
    bench.check("good", "import sys\nreturn {'minor': sys.version_info[1]}")
    bench.check("bad", "raise AssertionError('off by 1')").check("dies", "import os; os._exit(3)")

    run = bench.run(fork=fork, executable=old)

    assert outcome(run, "good").status == "passed", outcome(run, "good").message
    assert outcome(run, "good").measurements["minor"].value in (8, 9, 10)
    assert (outcome(run, "bad").status, outcome(run, "bad").confirmed) == ("failed", True)
    assert outcome(run, "dies").status == "crashed"


def test_every_check_compiles(old: str) -> None:
    paths = "\n".join(check_sources())
    done = subprocess.run([old, "-c", COMPILES], input=paths, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
