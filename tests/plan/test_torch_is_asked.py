"""Before a live GPU is called unknown, the installed torch is asked; never where something else tells."""

from __future__ import annotations

from typing import Any

import pytest

from envsetup import doctor
from envsetup.cli.live_plan import told_by_torch
from envsetup.model import Gpu, Machine, Source, TorchDevice, TorchInstall, TorchRuntime
from envsetup.testing import known

SOURCE = Source(kind="nvml", ref="test")
INSTALLED = known(TorchInstall(version="2.15.0+cu132", build="cu132"))


class Asked:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self, *_: Any) -> Any:
        self.times += 1
        device = TorchDevice(kind="cuda", index=0, name="NVIDIA RTX 9999", compute_capability="9.0")
        runtime = known(TorchRuntime(cuda_available=True, devices=(device,)))
        return type("Run", (), {"runtime": runtime})()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    one = Asked()
    monkeypatch.setattr(doctor, "run_checks", one)
    return one


def machine(name: str, capability: str | None = None, torch: Any = INSTALLED) -> Machine:
    gpu = Gpu(vendor="nvidia", index=0, source=SOURCE, name=name, compute_capability=capability)
    return Machine(gpus=known((gpu,)), torch=torch)


def test_an_unknown_gpu_is_asked_about(asked: Asked) -> None:
    told = told_by_torch(machine("NVIDIA RTX 9999"), "python")
    assert told.torch_runtime.value.devices[0].compute_capability == "9.0"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("one", "executable"),
    [
        (machine("NVIDIA RTX 9999", "9.0"), "python"),
        (machine("NVIDIA P106-100"), "python"),
        (machine("NVIDIA RTX 9999"), None),
        (machine("NVIDIA RTX 9999", torch=Machine().torch), "python"),
    ],
)
def test_torch_is_not_imported_for_less(asked: Asked, one: Machine, executable: str | None) -> None:
    told_by_torch(one, executable)
    assert asked.times == 0
