"""Rules about interpreters, wheels and drivers: each fault, and a machine nearly the same without it."""

from __future__ import annotations

from typing import Any

import pytest

from envsetup.doctor.error_text import explain_error
from envsetup.doctor.findings import find
from envsetup.knowledge import load
from envsetup.model import (
    Absent,
    Gpu,
    Package,
    Source,
    TorchRuntime,
    Unreadable,
    Wsl,
)
from envsetup.rules.registry import all_rules
from envsetup.testing import driver, gpu, machine, python, torch

BUS = Source(kind="file", ref="/sys/bus/pci/devices")
SITE, USER = "/env/lib/python3.12/site-packages", "/home/me/.local/lib/python3.12/site-packages"
NOT_READY = "Error 802: system not yet initialized"


def l4(**more: Any) -> tuple[Gpu, ...]:
    return (gpu(**{"name": "NVIDIA L4", "compute_capability": "8.9", **more}),)


def amd(**more: Any) -> tuple[Gpu, ...]:
    return (gpu("amd", gfx="gfx1100", **more),)


def one(name: str, version: str, location: str | None = SITE, **more: Any) -> Package:
    folder = f"{name}-{version}.dist-info"
    return Package(name=name, version=version, location=location, metadata=folder, **more)


def conda(build: str, version: str = "2.5.1") -> Package:
    entry = f"pytorch-{version}-{build}.json"
    return Package(name="pytorch", version=version, metadata=entry, manager="conda")


def runtime(error: str | None = None, available: bool | None = False) -> TorchRuntime:
    return TorchRuntime(cuda_available=available, cuda_error=error)


CU130 = torch("2.14.1+cu130")
ROCM = torch("2.14.1+rocm7.2")
NO_GPU = {"gpus": Absent(), "nvidia_driver": Absent()}
BASE = machine(
    os="linux",
    arch="x86_64",
    wsl=Absent(),
    container=Absent(),
    environment={},
    python=python(prefix="/env", base_prefix="/usr", user_site_enabled=True, user_site=USER),
    packages=(
        one("torch", "2.14.1"),
        one("numpy", "2.2.0"),
    ),
    gpus=l4(),
    nvidia_driver=driver(nvml="ok"),
    device_access={"/dev/nvidia0": True, "/dev/nvidiactl": True, "/dev/nvidia-uvm": True},
    torch=CU130,
    torch_runtime=runtime(available=True),
)
PINNED = one("torch", "2.14.1", requires=("nvidia-nccl-cu12==2.27.3; platform_system == 'Linux'",))
OLD_CHANNEL = conda("py3.11_cuda12.4_cudnn9.1.0_0")
BY_PIP = one("torch", "2.7.0", installer="pip")
DENIED = {"/dev/nvidia0": False, "/dev/nvidiactl": True, "/dev/nvidia-uvm": True}
SHARED_BOX = {**DENIED, "/dev/nvidia1": True}
BLACKWELL = l4(compute_capability="12.0", name="NVIDIA GeForce RTX 5090", source=BUS)
NOUVEAU = {"gpus": l4(kernel_driver="nouveau"), "nvidia_driver": Absent()}
EXTRA = {"PIP_EXTRA_INDEX_URL": "https://download.pytorch.org/whl/cu130"}
AMD_BOX = {"nvidia_driver": Absent(), "device_access": {"/dev/kfd": True}, "torch_runtime": runtime()}  # fmt: skip
JETSON = {"arch": "aarch64", "torch_runtime": runtime(), "torch": torch("2.14.1+cu130", official=True)}  # fmt: skip

ASKED = (
    "sympy>=1.13.3",
    "typing-extensions>=4.10.0",
    'triton==3.5.1; platform_system == "Linux"',
    'nvidia-nccl-cu12==2.27.5; platform_system == "Linux"',
    'pywin32; platform_system == "Windows"',
    'optree>=0.13.0; extra == "optree"',
)
NEEDING = one("torch", "2.14.1", requires=ASKED)
PASTED = one("torch", "2.14.1", None, requires=ASKED)

PAIRS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("PY102", {"python": python(pointer_bits=32)}, {"python": python(pointer_bits=64)}),
    (
        "PY106",
        {"packages": (one("numpy", "1.26.4", USER), one("numpy", "2.2.0"),)},
        {"packages": (one("numpy", "1.26.4", USER), one("pip", "25.0"),)},
    ),
    (
        "PY107",
        {"packages": (one("torch", "2.14.1"), one("torch", "2.13.0"),)},
        {"packages": (one("torch", "2.14.1"), one("torch", "2.13.0", USER),)},
    ),
    (
        "PY108",
        {"packages": (conda("cuda126_py312h1"), BY_PIP,)},
        {"packages": (conda("cuda126_py312h1"), one("torch", "2.7.0", installer="conda"),)},
    ),
    ("PY109", {"packages": (OLD_CHANNEL,)}, {"packages": (conda("cuda126_py312h1"),)}),
    ("PY111", {"environment": {"PYTHONPATH": "/opt/ros/lib/python3.10/site-packages"}}, {"environment": {"PYTHONPATH": "/home/me/mine:/opt/lib/python3.12/site-packages"}}),
    ("PY111", {"environment": {"PYTHONHOME": "/opt/other"}}, {"environment": {"PYTHONHOME": "/usr/"}}),
    (
        "PY112",
        {"packages": (PINNED, one("nvidia-nccl-cu12", "2.29.0"),)},
        {"packages": (PINNED, one("nvidia-nccl-cu12", "2.27.3"),)},
    ),
    (
        "PY112",
        {"packages": (NEEDING, one("sympy", "1.14.0"),)},
        {"packages": (NEEDING, one("sympy", "1.14.0"), one("typing-extensions", "4.15"),)},
    ),
    (
        "PY112",
        {"packages": (NEEDING, one("typing-extensions", "4.15"),)},
        {"packages": (PASTED,)},
    ),
    ("PY107", {"packages": (one("~orch", "2.12.0"),)}, {"packages": (one("torch", "2.12.0"),)}),
    ("WH102", NO_GPU, {**NO_GPU, "wsl": Wsl(version=2)}),
    (
        "WH104",
        {"environment": EXTRA, "torch": torch("2.14.1+cpu"), "torch_runtime": runtime()},
        {"environment": EXTRA, "torch_runtime": runtime()},
    ),
    ("WH106", {"torch": ROCM, "torch_runtime": runtime()}, {"torch": ROCM, "gpus": amd()}),
    ("WH106", {**AMD_BOX, "gpus": amd(integrated=False)}, {**AMD_BOX, "gpus": amd(integrated=True)}),
    ("WH110", {**JETSON, "tegra": "R36.4"}, {**JETSON, "tegra": "R38.2"}),
    ("WH112", {"gpus": l4(compute_capability="6.0", name="Tesla P100")}, {"gpus": l4(compute_capability="7.5", name="Tesla T4")}),
    ("DR102", NOUVEAU, {**NOUVEAU, "gpus": l4(kernel_driver="nvidia")}),
    (
        "DR106",
        {"gpus": BLACKWELL, "nvidia_driver": driver(flavour="proprietary")},
        {"gpus": BLACKWELL, "nvidia_driver": driver(flavour="open")},
    ),
    ("DR108", {"device_access": DENIED}, {"device_access": SHARED_BOX}),
    ("DR108", {"device_access": DENIED}, {"device_access": DENIED, "environment": {"SLURM_JOB_ID": "1"}}),
    (
        "DR109",
        {"gpus": l4(compute_capability="9.0", name="NVIDIA H100 80GB HBM3"), "torch_runtime": runtime(NOT_READY)},
        {"gpus": l4(compute_capability="9.0", name="NVIDIA H100 PCIe"), "torch_runtime": runtime(NOT_READY)},
    ),
    (
        "DR110",
        {"gpus": l4(compute_capability="8.9", name="NVIDIA GeForce RTX 4090"), "torch_runtime": runtime(NOT_READY)},
        {"gpus": l4(compute_capability="9.0", name="NVIDIA H100 80GB HBM3"), "torch_runtime": runtime(NOT_READY)},
    ),
    ("DR111", {"nvidia_driver": driver("525.147.05")}, {"nvidia_driver": driver("470.256.02"), "gpus": l4(compute_capability="3.7", name="Tesla K80")}),
]  # fmt: skip


def codes(changes: dict[str, Any]) -> set[str]:
    findings, undecided = find(machine(BASE, **changes), load())
    assert not [u for u in undecided if "itself failed" in u.reason]
    return {f.code for f in findings}


@pytest.mark.parametrize(("code", "with_fault", "nearly"), PAIRS)
def test_the_fault_is_found_and_its_like_is_not(
    code: str, with_fault: dict[str, Any], nearly: dict[str, Any]
) -> None:
    assert code in codes(with_fault)
    assert code not in codes(nearly)


def test_a_healthy_machine_has_no_finding() -> None:
    assert codes({}) == set()


@pytest.mark.parametrize("code", ["WH102", "WH112", "PY109", "DR111"])
def test_what_works_is_only_noted(code: str) -> None:
    changes = next(fault for one, fault, _ in PAIRS if one == code)
    findings, _ = find(machine(BASE, **changes), load())
    assert {f.severity for f in findings if f.code == code} == {"note"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("modprobe: ERROR: could not insert 'nvidia': Key was rejected by service", "DR105"),
        ("modprobe: FATAL: Module nvidia not found in directory /lib/modules/6.8.0-45", "DR104"),
        ("NVRM: GPU 0000:01:00.0 is already bound to nouveau.", "DR102"),
        ("which requires use of the NVIDIA open kernel modules.", "DR106"),
        ("Failed to initialize NVML: Insufficient Permissions", "DR108"),
        ("cudaGetDeviceCount(). Error 802: system not yet initialized", "DR109"),
        ("An alternate method of installing the NVIDIA driver was detected.", "DR112"),
        ("AttributeError: partially initialized module 'torch' has no attribute 'nn'", "PY105"),
        ("WARNING: Ignoring invalid distribution ~orch (c:\\site-packages)", "PY107"),
        ("Could not find platform independent libraries <prefix>", "PY111"),
        ("torch 2.6.0 requires nvidia-nccl-cu12==2.21.5, but you have 2.26.2", "PY112"),
        ("No published PyTorch CUDA builds for release 2.15 support this GPU.", "WH112"),
    ],
)
def test_real_words_name_the_rule(text: str, code: str) -> None:
    assert explain_error(text)[0].code == code


def test_every_code_is_there() -> None:
    wanted = {f"DR1{n:02}" for n in range(1, 14)} | {f"PY1{n:02}" for n in range(1, 15)}
    wanted |= {f"WH1{n:02}" for n in range(1, 14)}
    assert wanted <= {r.code for r in all_rules()}


def test_a_package_that_torch_asks_for_and_that_stops_its_import_is_the_error_alone() -> None:
    stopped = Unreadable(
        error="ModuleNotFoundError: No module named 'typing_extensions'",
        source=Source(kind="target", ref="import torch"),
    )
    told = machine(
        BASE,
        packages=(
            NEEDING,
            one("sympy", "1.14.0"),
        ),
        torch_runtime=stopped,
    )
    findings, _ = find(told, load())
    assert [f.code for f in findings if f.severity == "error"] == ["PY112"]
