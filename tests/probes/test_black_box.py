"""The built command on a machine whose driver is a stand-in: what it probes plans as flags would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(
    os.path.exists("/proc/driver/nvidia"), reason="a real driver would speak beside the stand-in"
)


def answer(library: Path, mode: str, *arguments: str, **variables: str) -> dict[str, Any]:
    environ = {**os.environ, "FAKE_NVML": mode, "LD_LIBRARY_PATH": str(library), **variables}
    argv = [sys.executable, "-m", "envsetup", *arguments, "--format", "json"]
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=120, check=False, env=environ
    )
    told = json.loads(done.stdout)
    assert isinstance(told, dict), done.stderr
    return told


def test_the_probed_plan_is_the_plan_from_flags(nvml: Path) -> None:
    probed = answer(nvml, "healthy", "install-plan")
    flags = ("--driver", "580.95.05", "--driver-cuda", "13.0", "--gpu", "nvidia:9.0")
    described = answer(nvml, "not-loaded", "install-plan", *flags, "--gpu", "nvidia:6.1")

    for part in ("action", "requirements", "torch_version", "build", "index_url", "commands"):
        assert probed[part] == described[part], part


@pytest.mark.parametrize("mode", ["mismatch", "crash"])
def test_a_driver_that_fails_is_not_an_absent_one(nvml: Path, mode: str) -> None:
    facts = answer(nvml, mode, "probe")["machine"]

    assert facts["gpus"]["state"] == "unreadable"


def test_the_library_alone_is_no_driver(nvml: Path) -> None:
    facts = answer(nvml, "not-loaded", "probe")["machine"]

    assert facts["nvidia_driver"]["state"] == "absent"
    assert facts["gpus"]["state"] == "absent"


SAYINGS = {
    "hang": ("sleep 60", "unreadable", "warning"),
    "rubbish": ("printf '\\377\\376\\200\\001'", "unreadable", "warning"),
    "endless": ("while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done", "unreadable", "warning"),
    "no driver": ("echo 'NVIDIA-SMI has failed because it could not'; exit 9", "absent", "note"),
}  # fmt: skip


@pytest.mark.parametrize(("script", "gpus", "severity"), SAYINGS.values(), ids=SAYINGS)
def test_an_nvidia_smi_that_fails_is_told_of(
    tmp_path: Path, script: str, gpus: str, severity: str
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"

    told = answer(tmp_path, "", "doctor", "--level", "quick", "--python", sys.executable, PATH=path)

    assert told["machine"]["gpus"]["state"] == gpus
    assert [f["severity"] for f in told["findings"] if f["code"] == "DR113"] == [severity]


def test_a_plan_after_a_look_that_failed_says_so(tmp_path: Path) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nprintf rubbish\n")
    program.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"

    told = answer(tmp_path, "", "install-plan", PATH=path)

    assert "gpus-not-seen" in [w["code"] for w in told["warnings"]]
