"""The first rules: a machine that has the fault, and one nearly the same that doesn't."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from envsetup.doctor.findings import find
from envsetup.knowledge import load
from envsetup.model import (
    Absent,
    Package,
    Source,
    TorchRuntime,
    Unreadable,
)
from envsetup.testing import SOURCE, driver, gpu, machine, python, torch, unreadable

TARGET = Source(kind="target", ref="import torch")


BASE = machine(
    os="linux",
    arch="x86_64",
    wsl=Absent(),
    container=Absent(),
    python=python(),
    packages=(),
    gpus=(gpu(name="NVIDIA Made Up", compute_capability="8.9"),),
    nvidia_driver=driver("580.95.05", cuda_version="13.0", nvml="ok"),
    torch=torch("2.14.1+cu130"),
    torch_runtime=TorchRuntime(version="2.14.1+cu130"),
)
CU126 = torch("2.14.1+cu126")
DEAD = Unreadable(error="ended by SIGSEGV while importing torch", source=TARGET)
VISION = (Package(name="torchvision", version="0.28.0"),)
OWN_PIN = (Package(name="torchvision", version="0.28.0", requires=("torch==2.14.1",)),)
MISMATCH = unreadable("Driver/library version mismatch")

PAIRS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("PY114", {"torch": Absent()}, {}),
    ("PY105", {"torch": torch("2.14.1+cu130", hidden_by="/x/torch.py")}, {}),
    ("PY113", {"torch_runtime": DEAD}, {"torch_runtime": replace(DEAD, source=SOURCE)}),
    ("PY113", {"torch": torch("2.14.1+cu130", broken_files=("torch/lib/x has 1 bytes",))}, {}),
    ("WH101", {"torch": torch("2.14.1+cpu")}, {"torch": torch("2.14.1+cpu"), "gpus": Absent()}),
    ("WH101", {"torch": torch("2.14.1+cpu")}, {"torch": torch("2.14.1+cpu"), "gpus": (gpu(name="NVIDIA Made Up", compute_capability="3.5"),)}),
    ("WH103", {"nvidia_driver": driver("550.54.15", cuda_version="12.4")}, {"nvidia_driver": driver("580.65.06")}),
    (
        "WH103",
        {"nvidia_driver": driver("470.82.01", cuda_version="11.4"), "torch": CU126},
        {"nvidia_driver": driver("525.60.13", cuda_version="12.0"), "torch": CU126},
    ),
    (
        "WH103",
        {"nvidia_driver": driver("550.54.15")},
        {"nvidia_driver": driver("550.54.15"), "torch_runtime": TorchRuntime(cuda_available=True)},
    ),
    ("AR102", {"gpus": (gpu(name="NVIDIA Made Up", compute_capability="6.1"),)}, {"gpus": (gpu(name="NVIDIA Made Up", compute_capability="6.1"),), "torch": CU126}),
    ("AR101", {"gpus": (gpu(name="NVIDIA Made Up", compute_capability="12.0"),), "torch": CU126}, {"gpus": (gpu(name="NVIDIA Made Up", compute_capability="12.1"),)}),
    ("DR101", {"nvidia_driver": Absent()}, {"nvidia_driver": Absent(), "gpus": (gpu(name="NVIDIA Made Up", compute_capability="8.9", kernel_driver="vfio-pci"),)}),
    ("DR103", {"nvidia_driver": driver("550.1", nvml=MISMATCH)}, {"nvidia_driver": driver("550.1")}),
    (
        "DR113",
        {"nvidia_driver": driver("550.1", nvml=unreadable("NVML did not answer within 6 s", Source(kind="nvml", ref="nvmlInit")))},
        {"nvidia_driver": driver("550.1", nvml=MISMATCH)},
    ),
    ("WH109", {"packages": VISION}, {"packages": OWN_PIN}),
]  # fmt: skip


def codes(changes: dict[str, Any]) -> set[str]:
    findings, _ = find(machine(BASE, **changes), load())
    return {f.code for f in findings if f.suppressed_by is None}


@pytest.mark.parametrize(("code", "with_fault", "nearly"), PAIRS)
def test_the_fault_is_found_and_its_like_is_not(
    code: str, with_fault: dict[str, Any], nearly: dict[str, Any]
) -> None:
    assert code in codes(with_fault)
    assert code not in codes(nearly)


def test_a_healthy_machine_has_no_finding_above_note() -> None:
    findings, _ = find(BASE, load())
    assert [f.code for f in findings if f.severity != "note"] == []


def test_a_dead_driver_is_one_finding() -> None:
    changes = {"nvidia_driver": Absent(), "torch": torch("2.14.1+cpu")}
    findings, _ = find(machine(BASE, **changes), load())
    assert {f.code for f in findings if f.severity != "note" and not f.suppressed_by} == {"DR101"}


def test_what_is_not_known_is_undecided() -> None:
    unread = unreadable("permission denied")
    _, undecided = find(machine(BASE, nvidia_driver=unread), load())
    assert "WH103" in {u.code for u in undecided}


MIXED = (
    Package(name="nvidia-nccl-cu12", version="2.20"),
    Package(name="nvidia-nccl-cu11", version="2.14"),
)
APART = (
    Package(name="nvidia-nccl-cu12", version="2.20"),
    Package(name="nvidia-cublas-cu11", version="11.1"),
)


def vision(version: str) -> Any:
    return (Package(name="torchvision", version=version),)


@pytest.mark.parametrize(
    ("code", "with_fault", "nearly"),
    [
        ("WH111", {"packages": MIXED}, {"packages": APART}),
        ("WH108", {"packages": vision("0.26.0.dev20260101")}, {"packages": vision("0.29.1")}),
        ("WH105", {"packages": vision("0.29.1+cu126")}, {"packages": vision("0.29.1+cu132")}),
    ],
)
def test_packages_that_do_not_go_together(
    code: str, with_fault: dict[str, Any], nearly: dict[str, Any]
) -> None:
    assert code in codes(with_fault)
    assert code not in codes(nearly)
