"""On Windows and macOS: nothing asks for a name, a module or an encoding that the system lacks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from envsetup.host.programs import end_tree

STAGE = Path(__file__).with_name("another_system.py")
SYSTEMS = {"win32": "windows", "darwin": "macos"}
TARGET = os.environ.get("ENVSETUP_TEST_TARGET", sys.executable)


def envsetup(system: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A console of western Europe's code page, and an error for each text file without a named encoding."""
    strict = ("-X", "warn_default_encoding", "-W", "error::EncodingWarning")
    surroundings = {k: v for k, v in os.environ.items() if k not in ("PYTHONUTF8", "LC_ALL")}
    return subprocess.run(
        (sys.executable, *strict, str(STAGE), system, *words),
        capture_output=True,
        encoding="cp1252",
        errors="replace",
        timeout=120,
        env={**surroundings, "PYTHONIOENCODING": "cp1252"},
    )


def answer(system: str, *words: str) -> dict[str, Any]:
    done = envsetup(system, *words, "--format", "json")
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    "words",
    [
        ("--version",),
        ("checks",),
        ("explain", "WN103"),
        ("explain", "--error", "WinError 126 fbgemm.dll"),
        ("knowledge", "show"),
        ("install-plan", "--offline"),
        ("setup", "nowhere", "--dry-run", "--offline", "--backend", "cpu"),
    ],
    ids=" ".join,
)
def test_commands_answer(system: str, words: tuple[str, ...]) -> None:
    done = envsetup(system, *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout and "Traceback" not in done.stderr and "AttributeError" not in done.stderr


@pytest.mark.parametrize(("system", "name"), SYSTEMS.items())
def test_a_machine_is_probed(system: str, name: str) -> None:
    found = answer(system, "probe", "--python", TARGET)
    machine = found.get("machine", found)
    text = json.dumps(machine)
    assert machine["os"]["value"] == name
    assert machine["python"]["state"] == machine["memory"]["state"] == "known"
    assert "the probe itself failed" not in text
    assert not [w for w in ("AttributeError", "ModuleNotFoundError", "NameError") if w in text]


@pytest.mark.parametrize("system", SYSTEMS)
def test_checks_run_in_turn_where_nothing_forks(system: str) -> None:
    if "ENVSETUP_TEST_TARGET" not in os.environ:
        pytest.skip("needs a target with torch: ENVSETUP_TEST_TARGET")
    checks = ("--select", "autograd", "--select", "determinism")
    found = answer(system, "doctor", "--offline", "--python", TARGET, "--device", "cpu", *checks)
    told = {one["id"]: one["status"] for one in found["checks"]}
    assert told["autograd"] == told["determinism"] == "passed"


def test_a_process_ends_with_all_that_descend_from_it() -> None:
    begin = "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    with subprocess.Popen(
        (sys.executable, "-c", f"{begin}; print(p.pid, flush=True); time.sleep(60)"),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        end_tree(process.pid)
        assert process.wait(10) == -signal.SIGKILL
    deadline = time.monotonic() + 10
    while still_runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not still_runs(child)


def still_runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
