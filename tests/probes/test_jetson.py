"""A Jetson whose driver speaks neither by NVML nor by nvidia-smi has its GPU all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from envsetup.doctor.findings import find
from envsetup.knowledge import load
from envsetup.model import Machine as Facts
from envsetup.plan import Request, make_plan
from envsetup.probes import gpus, os_
from envsetup.testing import value
from tests.probes.test_made_up_machines import Machine, uname

Put = Callable[[str, str], None]


@pytest.mark.parametrize(
    ("model", "l4t", "kernel", "capability"),
    [
        ("NVIDIA Jetson AGX Xavier", "R35 (release), REVISION: 4.1", "5.10.120-tegra", "7.2"),
        ("NVIDIA Jetson Nano Developer Kit", "R32 (release), REVISION: 7.1", "4.9.253-tegra", "5.3"),
        ("NVIDIA Jetson Orin NX Engineering Reference Developer Kit", "R36 (release), REVISION: 4.3", "5.15.148-tegra", "8.7"),
    ],
)  # fmt: skip
def test_the_board_names_its_gpu(
    root: Path, put: Put, model: str, l4t: str, kernel: str, capability: str
) -> None:
    put("/proc/device-tree/model", model + "\0")
    put("/etc/nv_tegra_release", f"# {l4t}, GCID: 1")
    host = Machine(root, uname=uname(kernel, "aarch64"))
    machine = Facts(**{**os_.probe(host), **gpus.probe(host)})

    (gpu,) = value(machine.gpus)
    assert load().compute_capability(gpu.name or "") == capability
    plan = make_plan(machine, load(), Request())
    assert plan.action == "refuse" or "gpu-not-served" in [w.code for w in plan.warnings]
    assert not [f for f in find(machine, load())[0] if f.code.startswith("DR")]


def test_another_board_is_no_jetson(root: Path, put: Put) -> None:
    put("/proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    found = gpus.probe(Machine(root, uname=uname(machine="aarch64")))
    assert not hasattr(found["gpus"], "value")
