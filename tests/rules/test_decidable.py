"""Rules that were told by texts alone, and are now by facts: a machine that has it, and its like."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from envsetup.doctor.findings import find
from envsetup.knowledge import load
from envsetup.model import (
    Absent,
    Libc,
    LoadedLibrary,
    Machine,
    NvidiaDriver,
    Package,
    TorchInstall,
    TorchRuntime,
    Wsl,
)
from envsetup.testing import driver, gpu, machine, package, python, torch

linux = partial(machine, machine(os="linux", arch="x86_64", wsl=Absent()))
TRITON = 'triton==3.5.0; platform_system == "Linux" and platform_machine == "x86_64"'


def runtime(**more: Any) -> TorchRuntime:
    return TorchRuntime(version="2.14.1+cu130", cuda="13.0", **more)


def nodes(*names: str) -> NvidiaDriver:
    there = tuple(f"/dev/{name}" for name in names)
    return driver(cuda_version="13.0", device_nodes=there, nvml="ok")


def own(*requires: str) -> Package:
    return Package(name="torch", version="2.14.1", requires=requires)


def needing(name: str, *requires: str) -> Package:
    return package(name, requires=requires)


def card(served: bool) -> str:
    """The PCI id of an Intel card that the XPU build serves, or of a GPU that it doesn't."""
    chips = {n: c for n, c in load()._chips().items() if n.startswith("8086:")}
    return min(n for n, c in chips.items() if not c.integrated) if served else "8086:1912"


MUSL, GLIBC = Libc(family="musl", version="1.2"), Libc(family="glibc", version="2.36")
OFFICIAL = torch("2.9.1+cu128", official=True)
BLIND = runtime(cuda_available=False)
SEES = runtime(cuda_available=True)
WSL_BLIND = "/usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05"
WSL_OWN = "/usr/lib/wsl/lib/libcuda.so.1"
NIGHTLY = TorchInstall(version="2.15.0.dev20260101+cu130", build="cu130")
RANGE = "UserWarning: Found GPU0 NVIDIA GB10 which is of cuda capability 12.1. Minimum and Maximum cuda capability supported by this version of PyTorch is (8.0) - (12.0)"
GB10 = (gpu("nvidia", name="NVIDIA GB10", compute_capability="12.1"),)


def loaded(path: str, **more: Any) -> TorchRuntime:
    return runtime(cuda_available=False, loaded=(LoadedLibrary(name="libcuda", path=path),), **more)


def warned(*archs: str, **more: Any) -> dict[str, Any]:
    said = {"warnings": (RANGE,), "arch_list": archs, "cuda_available": True, **more}
    return {"gpus": GB10, "torch": torch("2.14.1+cu130"), "torch_runtime": runtime(**said)}


PAIRS: list[tuple[str, Machine, Machine]] = [
    (
        "PY101",
        linux(torch=Absent(), python=python("3.30.0")),
        linux(torch=Absent(), python=python("3.12.1")),
    ),
    (
        "PY101",
        linux(torch=Absent(), python=python("3.12.1", implementation="pypy", abi_tag="pp312")),
        linux(torch=torch("2.14.1+cpu"), python=python("3.12.1", implementation="pypy")),
    ),
    (
        "PY101",
        linux(torch=Absent(), python=python("3.30.0")),
        linux(torch=Absent(), python=python("3.30.0", conda_prefix="/opt/conda")),
    ),
    (
        "PY101",
        linux(torch=Absent(), os="windows", python=python("3.30.0")),
        linux(torch=Absent(), os="windows", python=python("3.12.1")),
    ),
    (
        "PY104",
        linux(torch=Absent(), python=python("3.12.1", externally_managed=True, in_venv=False)),
        linux(torch=Absent(), python=python("3.12.1", externally_managed=True, in_venv=True)),
    ),
    (
        "PY104",
        linux(torch=Absent(), python=python("3.12.1", externally_managed=True, in_venv=False)),
        linux(torch=torch("2.14.1+cpu"), python=python("3.12.1", externally_managed=True, in_venv=False)),
    ),
    (
        "PY103",
        linux(torch=Absent(), python=python("3.12.1"), libc=MUSL),
        linux(torch=Absent(), python=python("3.12.1"), libc=GLIBC),
    ),
    (
        "PY103",
        linux(torch=Absent(), python=python("3.12.1"), libc=Libc(family="glibc", version="2.12")),
        linux(torch=Absent(), python=python("3.12.1"), libc=Libc(family="glibc", version="2.17")),
    ),
    (
        "PY103",
        linux(torch=OFFICIAL, python=python("3.12.1"), libc=Libc(family="glibc", version="2.27")),
        linux(torch=OFFICIAL, python=python("3.12.1"), libc=Libc(family="glibc", version="2.28")),
    ),
    (
        "PY103",
        linux(torch=OFFICIAL, python=python("3.12.1"), libc=MUSL),
        linux(torch=OFFICIAL, python=python("3.12.1"), libc=MUSL, torch_runtime=SEES),
    ),
    (
        "PY103",
        linux(torch=OFFICIAL, python=python("3.12.1"), libc=MUSL),
        linux(torch=torch("2.14.1+cpu"), python=python("3.12.1"), libc=MUSL),
    ),
    (
        "DR107",
        linux(nvidia_driver=nodes("nvidia0", "nvidiactl"), torch_runtime=BLIND),
        linux(nvidia_driver=nodes("nvidia0", "nvidiactl"), torch_runtime=SEES),
    ),
    (
        "DR107",
        linux(nvidia_driver=nodes("nvidia0", "nvidiactl"), torch_runtime=BLIND),
        linux(nvidia_driver=nodes("nvidia0", "nvidiactl", "nvidia-uvm"), torch_runtime=BLIND),
    ),
    (
        "DR107",
        linux(nvidia_driver=nodes("nvidia0", "nvidiactl"), torch_runtime=BLIND),
        linux(nvidia_driver=nodes("nvidia0"), torch_runtime=BLIND, wsl=Wsl(version=2)),
    ),
    (
        "WS102",
        linux(wsl=Wsl(version=2), torch_runtime=loaded(WSL_BLIND)),
        linux(wsl=Wsl(version=2), torch_runtime=loaded(WSL_OWN)),
    ),
    (
        "WS102",
        linux(wsl=Wsl(version=2), torch_runtime=loaded(WSL_BLIND)),
        linux(torch_runtime=loaded(WSL_BLIND)),
    ),
    (
        "TC103",
        linux(torch=torch("2.14.1+cu130"), packages=(own(TRITON),)),
        linux(torch=torch("2.14.1+cu130"), packages=(own(TRITON), Package(name="triton", version="3"))),
    ),
    (
        "TC103",
        linux(torch=torch("2.14.1+rocm7.2"), packages=(own("pytorch-triton-rocm==3.5.0"),)),
        linux(torch=torch("2.14.1+cpu"), packages=(own(TRITON),)),
    ),
    (
        "TC103",
        linux(torch=torch("2.14.1+cu130"), packages=(own(TRITON),)),
        linux(torch=torch("2.14.1+cu130"), packages=(own(TRITON),), arch="aarch64"),
    ),
    (
        "TC103",
        linux(torch=torch("2.14.1+cu130"), packages=(own(TRITON),)),
        linux(torch=torch("2.14.1+cu130"), packages=(Package(name="torch", version="2.14.1"),)),
    ),
    (
        "WH107",
        linux(torch=torch("2.14.1+cpu"), gpus=(gpu("intel", pci_id=card(True)),)),
        linux(torch=torch("2.14.1+cpu"), gpus=(gpu("intel", pci_id=card(False)),)),
    ),
    (
        "WH107",
        linux(torch=torch("2.14.1+cpu"), gpus=(gpu("intel", pci_id=card(True)),)),
        linux(torch=torch("2.14.1+xpu"), gpus=(gpu("intel", pci_id=card(True)),)),
    ),
    (
        "WH107",
        linux(torch=torch("2.14.1+cpu"), gpus=(gpu("intel", pci_id=card(True)),)),
        linux(torch=torch("2.14.1+cpu"), gpus=(gpu("intel", pci_id=card(True)), gpu("nvidia"))),
    ),
    (
        "AB105",
        linux(torch=torch("2.14.1+cu130"), packages=(needing("xformers", "torch==2.9.0"),)),
        linux(torch=torch("2.14.1+cu130"), packages=(needing("xformers", "torch==2.14.1"),)),
    ),
    (
        "AB105",
        linux(torch=torch("2.14.1+cu130"), packages=(needing("xformers", "torch (==2.9.0)"),)),
        linux(torch=torch("2.14.1+cu130"), packages=(needing("xformers", "torch>=2.10"),)),
    ),
    (
        "AB112",
        linux(torch=torch("2.14.1+cu130"), packages=(needing("accelerate", "torch>=3.0"),)),
        linux(torch=torch("2.14.1+cu130"), packages=(needing("accelerate", "torch>=2.0.0"),)),
    ),
    (
        "AB112",
        linux(torch=torch("2.14.1+cu130"), packages=(needing("transformers", 'torch>=3.0; extra == "torch"'),)),
        linux(torch=torch("2.14.1+cu130"), packages=(needing("transformers", 'torch>=3.0; extra == "dev"'),)),
    ),
    (
        "AB112",
        linux(torch=torch("2.14.1+cu130"), packages=(needing("vllm", "torch!=2.0,>=2.15"),)),
        linux(torch=NIGHTLY, packages=(needing("vllm", "torch>=2.15"), needing("vllm", "torchaudio>=3"))),
    ),
    (
        "CU108",
        linux(torch=torch("2.14.1+cu130"), cuda_toolkit="12.4"),
        linux(torch=torch("2.14.1+cu130"), cuda_toolkit="13.2"),
    ),
    (
        "TC109",
        linux(torch=torch("2.14.1+cu126"), gpus=(gpu("nvidia", compute_capability="6.1"),)),
        linux(torch=torch("2.14.1+cu126"), gpus=(gpu("nvidia", compute_capability="7.0"),)),
    ),
    (
        "NW105",
        linux(environment={"HF_HUB_OFFLINE": "1"}, packages=(package("transformers"),)),
        linux(environment={"HF_HUB_OFFLINE": "0"}, packages=(package("transformers"),)),
    ),
    (
        "NW105",
        linux(environment={"TRANSFORMERS_OFFLINE": "true"}, packages=(package("transformers"),)),
        linux(environment={"TRANSFORMERS_OFFLINE": "true"}, packages=(package("numpy"),)),
    ),
    ("AR106", linux(**warned("sm_80", "sm_120")), linux(**warned("sm_80", "sm_90"))),
    (
        "AR106",
        linux(**warned("sm_80", "sm_120")),
        linux(**warned("sm_80", "sm_120", warnings=())),
    ),
]  # fmt: skip


def codes(given: Machine) -> set[str]:
    return {f.code for f in find(given, load())[0] if f.suppressed_by is None}


@pytest.mark.parametrize(("code", "sick", "well"), PAIRS)
def test_it_is_found_and_its_like_is_not(code: str, sick: Machine, well: Machine) -> None:
    assert code in codes(sick)
    assert code not in codes(well)


@pytest.mark.parametrize(
    ("needs", "severity"),
    [
        ("torch==2.13.0", "error"),
        ("torch (>=2.0)", "error"),
        ('torch>=2.6 ; extra == "torch"', "note"),
        ("torchsde", "note"),
    ],
)
def test_that_torch_is_missing_is_an_error_where_something_installed_needs_it(
    needs: str, severity: str
) -> None:
    own = needing("torchvision", needs)
    given = linux(torch=Absent(), torch_runtime=Absent(), packages=(own,), python=python("3.12.1"))
    found = {f.code: f for f in find(given, load())[0]}

    assert found["PY114"].severity == severity
    assert ("torchvision" in found["PY114"].message) == (severity == "error")


@pytest.mark.parametrize("cause", ["PY101", "PY103"])
def test_what_keeps_torch_out_explains_that_it_is_missing(cause: str) -> None:
    facts = {"python": python("3.30.0")} if cause == "PY101" else {"python": python("3.12.1")}
    given = linux(torch=Absent(), torch_runtime=Absent(), libc=MUSL, **facts)
    found = {f.code: f.suppressed_by for f in find(given, load())[0]}

    assert (found[cause], found["PY114"]) == (None, cause)
