"""Rules about interpreters, wheels and drivers: each fault, and a machine nearly the same without it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from envsetup.doctor.error_text import explain_error
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
    Wsl,
)
from envsetup.rules.registry import all_rules

FLAG = Source(kind="flag", ref="test")
BUS = Source(kind="file", ref="/sys/bus/pci/devices")
SITE, USER = "/env/lib/python3.12/site-packages", "/home/me/.local/lib/python3.12/site-packages"
NOT_READY = "Error 802: system not yet initialized"


def known(value: object) -> Any:
    return Known(value=value, source=FLAG)


def gpu(capability: str = "8.9", name: str = "NVIDIA L4", **more: Any) -> Any:
    fields = {"vendor": "nvidia", "index": 0, "source": FLAG, "name": name, **more}
    return known((Gpu(compute_capability=capability, **fields),))


def amd(**more: Any) -> Any:
    return known((Gpu(vendor="amd", index=0, source=FLAG, gfx="gfx1100", **more),))


def driver(version: str = "580.95.05", **more: Any) -> Any:
    return known(NvidiaDriver(version=known(version), **more))


def torch(build: str, **more: Any) -> Any:
    return known(TorchInstall(version=f"2.14.1+{build}", build=build, **more))


def python(**more: Any) -> Any:
    return known(Python(executable="python", version="3.12.1", **more))


def packages(*given: Package) -> Any:
    return known(given)


def one(name: str, version: str, location: str | None = SITE, **more: Any) -> Package:
    folder = f"{name}-{version}.dist-info"
    return Package(name=name, version=version, location=location, metadata=folder, **more)


def conda(build: str, version: str = "2.5.1") -> Package:
    entry = f"pytorch-{version}-{build}.json"
    return Package(name="pytorch", version=version, metadata=entry, manager="conda")


def runtime(error: str | None = None, available: bool | None = False) -> Any:
    return known(TorchRuntime(cuda_available=available, cuda_error=error))


CU130 = torch("cu130", cuda="13.0")
ROCM = torch("rocm7.2", hip="7.2")
NO_GPU = {"gpus": Absent(), "nvidia_driver": Absent()}
BASE = Machine(
    os=known("linux"),
    arch=known("x86_64"),
    wsl=Absent(),
    container=Absent(),
    environment=known({}),
    python=python(prefix="/env", base_prefix="/usr", user_site_enabled=True, user_site=USER),
    packages=packages(one("torch", "2.14.1"), one("numpy", "2.2.0")),
    gpus=gpu(),
    nvidia_driver=driver(nvml=known("ok")),
    device_access=known({"/dev/nvidia0": True, "/dev/nvidiactl": True, "/dev/nvidia-uvm": True}),
    torch=CU130,
    torch_runtime=runtime(available=True),
)
PINNED = one("torch", "2.14.1", requires=("nvidia-nccl-cu12==2.27.3; platform_system == 'Linux'",))
OLD_CHANNEL = conda("py3.11_cuda12.4_cudnn9.1.0_0")
BY_PIP = one("torch", "2.7.0", installer="pip")
DENIED = {"/dev/nvidia0": False, "/dev/nvidiactl": True, "/dev/nvidia-uvm": True}
SHARED_BOX = {**DENIED, "/dev/nvidia1": True}
BLACKWELL = gpu("12.0", "NVIDIA GeForce RTX 5090", source=BUS)
NOUVEAU = {"gpus": gpu(kernel_driver="nouveau"), "nvidia_driver": Absent()}
EXTRA = {"PIP_EXTRA_INDEX_URL": "https://download.pytorch.org/whl/cu130"}
AMD_BOX = {"nvidia_driver": Absent(), "device_access": known({"/dev/kfd": True}), "torch_runtime": runtime()}  # fmt: skip
JETSON = {"arch": known("aarch64"), "torch_runtime": runtime(), "torch": torch("cu130", cuda="13.0", official=True)}  # fmt: skip

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
        {"packages": packages(one("numpy", "1.26.4", USER), one("numpy", "2.2.0"))},
        {"packages": packages(one("numpy", "1.26.4", USER), one("pip", "25.0"))},
    ),
    (
        "PY107",
        {"packages": packages(one("torch", "2.14.1"), one("torch", "2.13.0"))},
        {"packages": packages(one("torch", "2.14.1"), one("torch", "2.13.0", USER))},
    ),
    (
        "PY108",
        {"packages": packages(conda("cuda126_py312h1"), BY_PIP)},
        {"packages": packages(conda("cuda126_py312h1"), one("torch", "2.7.0", installer="conda"))},
    ),
    ("PY109", {"packages": packages(OLD_CHANNEL)}, {"packages": packages(conda("cuda126_py312h1"))}),
    ("PY111", {"environment": known({"PYTHONPATH": "/opt/ros/lib/python3.10/site-packages"})}, {"environment": known({"PYTHONPATH": "/home/me/mine:/opt/lib/python3.12/site-packages"})}),
    ("PY111", {"environment": known({"PYTHONHOME": "/opt/other"})}, {"environment": known({"PYTHONHOME": "/usr/"})}),
    (
        "PY112",
        {"packages": packages(PINNED, one("nvidia-nccl-cu12", "2.29.0"))},
        {"packages": packages(PINNED, one("nvidia-nccl-cu12", "2.27.3"))},
    ),
    (
        "PY112",
        {"packages": packages(NEEDING, one("sympy", "1.14.0"))},
        {"packages": packages(NEEDING, one("sympy", "1.14.0"), one("typing-extensions", "4.15"))},
    ),
    (
        "PY112",
        {"packages": packages(NEEDING, one("typing-extensions", "4.15"))},
        {"packages": packages(PASTED)},
    ),
    ("PY107", {"packages": packages(one("~orch", "2.12.0"))}, {"packages": packages(one("torch", "2.12.0"))}),
    ("WH102", NO_GPU, {**NO_GPU, "wsl": known(Wsl(version=2))}),
    (
        "WH104",
        {"environment": known(EXTRA), "torch": torch("cpu"), "torch_runtime": runtime()},
        {"environment": known(EXTRA), "torch_runtime": runtime()},
    ),
    ("WH106", {"torch": ROCM, "torch_runtime": runtime()}, {"torch": ROCM, "gpus": amd()}),
    ("WH106", {**AMD_BOX, "gpus": amd(integrated=False)}, {**AMD_BOX, "gpus": amd(integrated=True)}),
    ("WH110", {**JETSON, "tegra": known("R36.4")}, {**JETSON, "tegra": known("R38.2")}),
    ("WH112", {"gpus": gpu("6.0", "Tesla P100")}, {"gpus": gpu("7.5", "Tesla T4")}),
    ("DR102", NOUVEAU, {**NOUVEAU, "gpus": gpu(kernel_driver="nvidia")}),
    (
        "DR106",
        {"gpus": BLACKWELL, "nvidia_driver": driver(flavour="proprietary")},
        {"gpus": BLACKWELL, "nvidia_driver": driver(flavour="open")},
    ),
    ("DR108", {"device_access": known(DENIED)}, {"device_access": known(SHARED_BOX)}),
    ("DR108", {"device_access": known(DENIED)}, {"device_access": known(DENIED), "environment": known({"SLURM_JOB_ID": "1"})}),
    (
        "DR109",
        {"gpus": gpu("9.0", "NVIDIA H100 80GB HBM3"), "torch_runtime": runtime(NOT_READY)},
        {"gpus": gpu("9.0", "NVIDIA H100 PCIe"), "torch_runtime": runtime(NOT_READY)},
    ),
    (
        "DR110",
        {"gpus": gpu("8.9", "NVIDIA GeForce RTX 4090"), "torch_runtime": runtime(NOT_READY)},
        {"gpus": gpu("9.0", "NVIDIA H100 80GB HBM3"), "torch_runtime": runtime(NOT_READY)},
    ),
    ("DR111", {"nvidia_driver": driver("525.147.05")}, {"nvidia_driver": driver("470.256.02"), "gpus": gpu("3.7", "Tesla K80")}),
]  # fmt: skip


def codes(changes: dict[str, Any]) -> set[str]:
    findings, undecided = find(replace(BASE, **changes), load())
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
    findings, _ = find(replace(BASE, **changes), load())
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
    machine = replace(
        BASE, packages=packages(NEEDING, one("sympy", "1.14.0")), torch_runtime=stopped
    )
    findings, _ = find(machine, load())
    assert [f.code for f in findings if f.severity == "error"] == ["PY112"]
