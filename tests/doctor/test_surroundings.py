"""Surroundings that lack something: each check's verdict is still its own, and the others still run."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envsetup.model import Outcome, Unreadable
from envsetup.target import ask

if TYPE_CHECKING:
    from tests.doctor.conftest import Bench, Statuses

Find = Callable[..., Outcome]
posix = pytest.mark.skipif(sys.platform == "win32", reason="limits and signals of POSIX")
forks = pytest.mark.skipif(sys.platform != "linux", reason="the worker forks on Linux only")

GREEDY = "block = bytearray(1 << 32)\nreturn {'bytes': len(block)}"


@posix
def test_a_limit_of_memory_fails_the_check_that_reached_it(
    bench: Bench, fork: bool, outcome: Find
) -> None:
    limit = "import resource\nhard = resource.getrlimit(resource.RLIMIT_AS)[1]\n"
    bench.torch = f"{limit}resource.setrlimit(resource.RLIMIT_AS, (1 << 31, hard))\n{bench.torch}"
    bench.check("before", "return {}").check("greedy", GREEDY).check("later", "return {}")

    run = bench.run(fork=fork)

    assert outcome(run, "greedy").status == "failed"
    assert outcome(run, "greedy").message.startswith("MemoryError")
    assert [outcome(run, name).status for name in ("before", "later")] == ["passed"] * 2


@posix
def test_the_kernels_killing_for_memory_is_charged_and_hinted_at(
    bench: Bench, fork: bool, outcome: Find
) -> None:
    bench.check("eaten", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    bench.check("later", "return {}")

    run = bench.run(fork=fork)

    assert outcome(run, "eaten").status == "crashed"
    assert "SIGKILL" in outcome(run, "eaten").message
    assert outcome(run, "later").status == "passed"


@forks
def test_a_fork_that_fails_is_told_and_nothing_passes(bench: Bench, outcome: Find) -> None:
    bench.torch += "\nimport os, errno\ndef _refuse():\n"
    bench.torch += "    raise BlockingIOError(errno.EAGAIN, 'Resource temporarily unavailable')\n"
    bench.torch += "os.fork = _refuse\n"
    bench.check("good", "return {}")

    found = outcome(bench.run(limit_s=20), "good")

    assert found.status == "not-started"
    assert "Resource temporarily unavailable" in found.message


@posix
def test_a_temporary_folder_that_is_not_there_costs_only_what_needs_it(
    bench: Bench, fork: bool, statuses: Statuses
) -> None:
    bench.check("good", "return {}")
    bench.check(
        "writes", "import os\nopen(os.path.join(os.environ['TMPDIR'], 'x'), 'w')\nreturn {}"
    )

    found = statuses(bench.run(fork=fork, environ={"TMPDIR": "/no/such/folder"}))

    assert found == {"good": "passed", "writes": "failed"}


def test_no_temporary_folder_at_all_is_told_with_what_to_do(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, outcome: Find
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    bench.check("good", "return {}")

    found, asked = outcome(bench.run(), "good"), ask(sys.executable)

    assert found.status == "not-started"
    assert isinstance(asked, Unreadable)
    for told in (found.message, asked.error):
        assert "No usable temporary directory" in told
        assert "TMPDIR" in told


@posix
def test_a_home_that_is_not_there_costs_nothing(
    bench: Bench, fork: bool, statuses: Statuses
) -> None:
    bench.check("good", "return {}")

    assert statuses(bench.run(fork=fork, environ={"HOME": "/no/such/home"})) == {"good": "passed"}


def test_the_input_of_a_check_is_closed(bench: Bench, fork: bool, outcome: Find) -> None:
    bench.check("asks", "import sys\nreturn {'read': sys.stdin.read() == ''}", timeout_s=20)

    found = outcome(bench.run(fork=fork), "asks")

    assert (found.status, found.measurements["read"].value) == ("passed", True)


@forks
def test_a_hundred_megabytes_of_output_end_the_check_alone(bench: Bench, outcome: Find) -> None:
    bench.check("loud", "import os\nfor _ in range(100): os.write(1, b'x' * (1 << 20))\nreturn {}")
    bench.check("later", "return {}")

    run = bench.run()

    # It may have ended before it was looked at: then it passed, and the file is gone all the same.
    assert outcome(run, "loud").status in ("crashed", "passed")
    assert outcome(run, "later").status == "passed"


@posix
@pytest.mark.parametrize("closed", ["<&-", "<&- >&-", "2>&-"])
def test_closed_streams_of_the_tool_change_nothing(tmp_path: Path, closed: str) -> None:
    package = tmp_path / "torch"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('libmade.so: cannot open')", "utf-8")
    report = tmp_path / "report.json"
    line = f'"$0" -m envsetup checks run import --format json -o "$1" {closed}'
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        ["sh", "-c", line, sys.executable, str(report)],
        env=environ,
        stderr=subprocess.PIPE if "2>" not in closed else None,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1, done.stderr
    assert json.loads(report.read_text("utf-8"))["schema_version"] == "1"
    assert stat.S_ISREG(report.stat().st_mode)
