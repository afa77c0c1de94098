"""The faults at which doctors fall over: each ends in a finding that names it, and never in silence.

A program stands in for nvidia-smi, a package of a few lines for torch; the machine is this one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="shell scripts and signals of Linux"
)

NO_DRIVER = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."
H100 = "0, NVIDIA H100 80GB HBM3, GPU-1, 00000000:3B:00.0, 550.54.15, 9.0, 81559"
SMI = {
    "hangs": ("sleep 600", "DR113", "did not answer"),
    "prints rubbish": (r"printf '\377\376\000\001\200'", "DR113", "unreadable"),
    "prints without end": ("yes AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "DR113", "without end"),
    "finds no driver": (f'echo "{NO_DRIVER}"; exit 9', "DR113", "couldn't communicate"),
    "differs from the module": (
        'echo "Failed to initialize NVML: Driver/library version mismatch"; exit 18',
        "DR103",
        "mismatch",
    ),
    "sees a GPU beside a CPU build": (f'echo "{H100}"', "WH101", "CPU"),
}
TORCH = {
    "raises": ("raise ImportError('libtorch_cpu.so: invalid ELF header')", "invalid ELF header"),
    "was cut": ("import os, signal; os.kill(os.getpid(), signal.SIGBUS)", "SIGBUS"),
    "crashes": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
    "ends the process": ("import os; os._exit(0)", "exit code 0"),
    "floods": ("while True: print('x' * 1000)", "endless"),
}


def made_up_torch(folder: Path, code: str) -> None:
    package = folder / "torch"
    package.mkdir(parents=True)
    (package / "version.py").write_text("__version__ = '2.13.0+cpu'\ncuda = None\nhip = None\n")
    (package / "__init__.py").write_text(code + "\n")


def doctor(
    level: str, target: str = sys.executable, **variables: str | None
) -> tuple[int, dict[str, Any]]:
    given = {**os.environ, **{k: v for k, v in variables.items() if v is not None}}
    for name in (name for name, value in variables.items() if value is None):
        given.pop(name, None)
    asked = ("doctor", "--python", target, "--level", level, "--format", "json")
    done = subprocess.run(
        [sys.executable, "-m", "envsetup", *asked],
        env=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    report = json.loads(done.stdout)
    assert isinstance(report, dict)
    return done.returncode, report


def said_of(report: dict[str, Any], code: str) -> str:
    return " ".join(f["message"] for f in report["findings"] if f["code"] == code)


@pytest.mark.parametrize("fault", SMI)
def test_an_nvidia_smi_that(fault: str, tmp_path: Path) -> None:
    script, code, words = SMI[fault]
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    made_up_torch(tmp_path / "site", "")

    _, report = doctor(
        "quick",
        PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        PYTHONPATH=str(tmp_path / "site"),
    )

    assert words in said_of(report, code)


@pytest.mark.parametrize("fault", TORCH)
def test_a_torch_that(fault: str, tmp_path: Path) -> None:
    code, words = TORCH[fault]
    made_up_torch(tmp_path, code)

    ended, report = doctor("standard", PYTHONPATH=str(tmp_path))

    assert ended == 1
    assert words in said_of(report, "PY113")
    assert {c["status"] for c in report["checks"]} <= {"not-started", "crashed", "timed-out"}


@pytest.mark.parametrize(
    "variables",
    [{"HOME": None}, {"HOME": "/nonexistent"}, {"PATH": ""}, {"TMPDIR": "/nonexistent"}],
    ids=lambda v: " ".join(v),
)
def test_an_odd_environment_changes_no_verdict(variables: dict[str, str | None]) -> None:
    assert (
        doctor("quick", sys.executable, **variables)[1]["verdict"] == doctor("quick")[1]["verdict"]
    )


@pytest.mark.parametrize("code", ["print('hello')", "raise RuntimeError('boom')"])
def test_a_sitecustomize_that_talks_or_raises_is_heard_and_harmless(
    tmp_path: Path, code: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(f"{code}\n")
    target = tmp_path / "python"
    target.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path} exec {sys.executable} "$@"\n')
    target.chmod(0o755)

    _, report = doctor("quick", str(target))

    assert report["verdict"] == doctor("quick")[1]["verdict"]
