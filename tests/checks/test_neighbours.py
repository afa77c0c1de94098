"""Who else uses a GPU, asked of a stand-in of the driver's library; and what then isn't done."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, os, sys, types
package = types.ModuleType("envsetup_checks")
package.__path__ = [sys.argv[1]]
sys.modules["envsetup_checks"] = package
from envsetup_checks import _neighbours, throughput

class Properties:
    name, major, minor = "NVIDIA H100 80GB HBM3", 9, 0
    uuid = os.environ.get("UUID", "11111111-0000-0000-0000-000000000000")
    pci_bus_id, pci_device_id, pci_domain_id = 1, 0, 0

class torch:
    class version:
        hip = None
    class cuda:
        is_initialized = staticmethod(lambda: os.environ.get("STARTED") == "1")
        get_device_properties = staticmethod(lambda device: Properties)

if os.environ.get("OWN"):
    os.environ["FAKE_NVML_PIDS"] = "%d,%s" % (os.getpid(), os.environ["OWN"])
print(json.dumps({
    "others": _neighbours.other_processes(torch, "cuda:0"),
    "load": _neighbours.load(torch, "cuda:0"),
    "shared": _neighbours.shared_by(torch, "cuda:0"),
    "excuse": throughput._excuse(torch, "cuda:0"),
    "slow_memory": throughput._slow_memory(torch, "cuda:0"),
}))
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("no C compiler for the stand-in of NVML")
    folder = tmp_path_factory.mktemp("nvml")
    source = ROOT / "tests" / "fakes" / "nvml.c"
    target = folder / "libnvidia-ml.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(target), str(source)], check=True)
    return folder


def ask(library: Path | None, **environ: str) -> dict[str, Any]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FAKE_NVML", "CUDA_MPS"))}
    if library is not None:
        kept["LD_LIBRARY_PATH"] = str(library)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(ROOT / "checks")],
        env={**kept, **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    return told


@pytest.mark.parametrize(
    ("environ", "others"),
    [
        ({}, 0),
        ({"FAKE_NVML_PIDS": "1"}, 1),  # process 1 is here and none of ours
        ({"OWN": "1"}, 1),
        ({"FAKE_NVML_PIDS": "4000001,4000002"}, 2),
        # numbers of the host, seen from a container: one of them is this process, which has begun
        ({"FAKE_NVML_PIDS": "4000001,4000002", "STARTED": "1"}, 1),
        ({"FAKE_NVML_PIDS": "4000001", "STARTED": "1"}, 0),
        ({"FAKE_NVML_PIDS": "refused"}, None),
        ({"FAKE_NVML": "not-loaded"}, None),
    ],
)
def test_other_processes_are_counted(
    library: Path, environ: dict[str, str], others: int | None
) -> None:
    assert ask(library, **environ)["others"] == others


def test_without_the_drivers_library_nothing_is_told() -> None:
    told = ask(None, LD_LIBRARY_PATH="/nowhere")

    assert (told["others"], told["load"], told["excuse"]) == (None, {}, "")


def test_an_mps_server_may_share_the_gpu(library: Path) -> None:
    assert "MPS" in ask(library, CUDA_MPS_PIPE_DIRECTORY="/run/mps")["shared"]


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, ""),
        ({"FAKE_NVML_PIDS": "1"}, "other process"),
        ({"FAKE_NVML_BUSY": "97"}, "busy before the start (97 %)"),
        ({"FAKE_NVML_WATTS": "350"}, "the power limit is 350 W of 700 W"),
        ({"FAKE_NVML_WATTS": "650", "FAKE_NVML_BUSY": "3"}, ""),
    ],
)
def test_what_explains_a_low_rate_is_told(
    library: Path, environ: dict[str, str], words: str
) -> None:
    excuse = ask(library, **environ)["excuse"]

    assert words in excuse if words else excuse == ""


@pytest.mark.parametrize(("mhz", "slow"), [("2619", False), ("810", True)])
def test_a_slow_memory_clock_is_told(library: Path, mhz: str, slow: bool) -> None:
    assert bool(ask(library, FAKE_NVML_MEMORY_MHZ=mhz)["slow_memory"]) is slow


def test_a_gpu_is_found_by_its_place_where_its_uuid_is_unknown(library: Path) -> None:
    told = ask(library, UUID="99999999-0000-0000-0000-000000000000", FAKE_NVML_PIDS="1")

    assert told["others"] == 1
