"""The first rules: a machine that has the fault, and one nearly the same that doesn't."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from envsetup.doctor.findings import find
from envsetup.knowledge import load
from envsetup.model import (
    Absent,
    Gpu,
    Known,
    Machine,
    NvidiaDriver,
    Package,
    Python,
    Source,
    TorchInstall,
    TorchRuntime,
    Unreadable,
)

SOURCE = Source(kind="flag", ref="test")
TARGET = Source(kind="target", ref="import torch")


def known(value: object) -> Any:
    return Known(value=value, source=SOURCE)


def gpu(capability: str, name: str = "NVIDIA Made Up", **more: Any) -> Gpu:
    return Gpu(
        vendor="nvidia", index=0, source=SOURCE, name=name, compute_capability=capability, **more
    )


def driver(version: str, **more: Any) -> Any:
    return known(NvidiaDriver(version=known(version), **more))


def torch(version: str, build: str, cuda: str | None = None, **more: Any) -> Any:
    return known(TorchInstall(version=version, build=build, cuda=cuda, **more))


BASE = Machine(
    os=known("linux"),
    arch=known("x86_64"),
    wsl=Absent(),
    container=Absent(),
    python=known(Python(executable="python", version="3.12.1")),
    packages=known(()),
    gpus=known((gpu("8.9"),)),
    nvidia_driver=driver("580.95.05", cuda_version=known("13.0"), nvml=known("ok")),
    torch=torch("2.14.1+cu130", "cu130", "13.0"),
    torch_runtime=known(TorchRuntime(version="2.14.1+cu130")),
)
CU126 = torch("2.14.1+cu126", "cu126", "12.6")
DEAD = Unreadable(error="ended by SIGSEGV while importing torch", source=TARGET)
VISION = known((Package(name="torchvision", version="0.28.0"),))
OWN_PIN = known((Package(name="torchvision", version="0.28.0", requires=("torch==2.14.1",)),))
MISMATCH = Unreadable(error="Driver/library version mismatch", source=SOURCE)

PAIRS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("PY114", {"torch": Absent()}, {}),
    ("PY105", {"torch": torch("2.14.1+cu130", "cu130", "13.0", hidden_by="/x/torch.py")}, {}),
    ("PY113", {"torch_runtime": DEAD}, {"torch_runtime": replace(DEAD, source=SOURCE)}),
    ("PY113", {"torch": torch("2.14.1+cu130", "cu130", "13.0", broken_files=("torch/lib/x has 1 bytes",))}, {}),
    ("WH101", {"torch": torch("2.14.1+cpu", "cpu")}, {"torch": torch("2.14.1+cpu", "cpu"), "gpus": Absent()}),
    ("WH101", {"torch": torch("2.14.1+cpu", "cpu")}, {"torch": torch("2.14.1+cpu", "cpu"), "gpus": known((gpu("3.5"),))}),
    ("WH103", {"nvidia_driver": driver("550.54.15", cuda_version=known("12.4"))}, {"nvidia_driver": driver("580.65.06")}),
    (
        "WH103",
        {"nvidia_driver": driver("470.82.01", cuda_version=known("11.4")), "torch": CU126},
        {"nvidia_driver": driver("525.60.13", cuda_version=known("12.0")), "torch": CU126},
    ),
    (
        "WH103",
        {"nvidia_driver": driver("550.54.15")},
        {"nvidia_driver": driver("550.54.15"), "torch_runtime": known(TorchRuntime(cuda_available=True))},
    ),
    ("AR102", {"gpus": known((gpu("6.1"),))}, {"gpus": known((gpu("6.1"),)), "torch": CU126}),
    ("AR101", {"gpus": known((gpu("12.0"),)), "torch": CU126}, {"gpus": known((gpu("12.1"),))}),
    ("DR101", {"nvidia_driver": Absent()}, {"nvidia_driver": Absent(), "gpus": known((gpu("8.9", kernel_driver="vfio-pci"),))}),
    ("DR103", {"nvidia_driver": driver("550.1", nvml=MISMATCH)}, {"nvidia_driver": driver("550.1")}),
    (
        "DR113",
        {"nvidia_driver": driver("550.1", nvml=Unreadable(error="NVML did not answer within 6 s", source=Source(kind="nvml", ref="nvmlInit")))},
        {"nvidia_driver": driver("550.1", nvml=MISMATCH)},
    ),
    ("WH109", {"packages": VISION}, {"packages": OWN_PIN}),
]  # fmt: skip


def codes(changes: dict[str, Any]) -> set[str]:
    findings, _ = find(replace(BASE, **changes), load())
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
    changes = {"nvidia_driver": Absent(), "torch": torch("2.14.1+cpu", "cpu")}
    findings, _ = find(replace(BASE, **changes), load())
    assert {f.code for f in findings if f.severity != "note" and not f.suppressed_by} == {"DR101"}


def test_what_is_not_known_is_undecided() -> None:
    unread = Unreadable(error="permission denied", source=SOURCE)
    _, undecided = find(replace(BASE, nvidia_driver=unread), load())
    assert "WH103" in {u.code for u in undecided}


MIXED = known(
    (
        Package(name="nvidia-nccl-cu12", version="2.20"),
        Package(name="nvidia-nccl-cu11", version="2.14"),
    )
)
APART = known(
    (
        Package(name="nvidia-nccl-cu12", version="2.20"),
        Package(name="nvidia-cublas-cu11", version="11.1"),
    )
)


def vision(version: str) -> Any:
    return known((Package(name="torchvision", version=version),))


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
