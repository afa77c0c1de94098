"""Rules that were told by texts alone, and are now by facts: a machine that has it, and its like."""

from __future__ import annotations

from typing import Any

import pytest

from envsetup.doctor.findings import find
from envsetup.knowledge import load
from envsetup.model import (
    Absent,
    Gpu,
    Known,
    Libc,
    LoadedLibrary,
    Machine,
    NvidiaDriver,
    Package,
    Python,
    Source,
    TorchInstall,
    TorchRuntime,
    Wsl,
)

HERE = Source(kind="file", ref="/made/up")
TRITON = 'triton==3.5.0; platform_system == "Linux" and platform_machine == "x86_64"'


def known(value: Any) -> Any:
    return Known(value=value, source=HERE)


def machine(**facts: Any) -> Machine:
    given = {k: v if isinstance(v, Absent) else known(v) for k, v in facts.items()}
    return Machine(**{"os": known("linux"), "arch": known("x86_64"), "wsl": Absent(), **given})


def python(version: str, **more: Any) -> Python:
    return Python(executable="python", version=version, **more)


def torch(build: str, **more: Any) -> TorchInstall:
    return TorchInstall(version=f"2.14.1+{build}", build=build, **more)


def runtime(**more: Any) -> TorchRuntime:
    return TorchRuntime(version="2.14.1+cu130", cuda="13.0", **more)


def gpu(vendor: Any, **more: Any) -> Gpu:
    return Gpu(vendor=vendor, index=0, source=HERE, **more)


def nodes(*names: str) -> NvidiaDriver:
    there = known(tuple(f"/dev/{name}" for name in names))
    return NvidiaDriver(
        version=known("580.95.05"), cuda_version=known("13.0"), device_nodes=there, nvml=known("ok")
    )


def own(*requires: str) -> Package:
    return Package(name="torch", version="2.14.1", requires=requires)


def package(name: str, *requires: str) -> Package:
    return Package(name=name, version="1.0", requires=requires)


def card(served: bool) -> str:
    """The PCI id of an Intel card that the XPU build serves, or of a GPU that it doesn't."""
    chips = {n: c for n, c in load()._chips().items() if n.startswith("8086:")}
    return min(n for n, c in chips.items() if not c.integrated) if served else "8086:1912"


MUSL, GLIBC = Libc(family="musl", version="1.2"), Libc(family="glibc", version="2.36")
OFFICIAL = TorchInstall(version="2.9.1+cu128", build="cu128", cuda="12.8", official=True)
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
    return {"gpus": GB10, "torch": torch("cu130", cuda="13.0"), "torch_runtime": runtime(**said)}


PAIRS: list[tuple[str, Machine, Machine]] = [
    (
        "PY101",
        machine(torch=Absent(), python=python("3.30.0")),
        machine(torch=Absent(), python=python("3.12.1")),
    ),
    (
        "PY101",
        machine(torch=Absent(), python=python("3.12.1", implementation="pypy", abi_tag="pp312")),
        machine(torch=torch("cpu"), python=python("3.12.1", implementation="pypy")),
    ),
    (
        "PY101",
        machine(torch=Absent(), python=python("3.30.0")),
        machine(torch=Absent(), python=python("3.30.0", conda_prefix="/opt/conda")),
    ),
    (
        "PY101",
        machine(torch=Absent(), os="windows", python=python("3.30.0")),
        machine(torch=Absent(), os="windows", python=python("3.12.1")),
    ),
    (
        "PY104",
        machine(torch=Absent(), python=python("3.12.1", externally_managed=True, in_venv=False)),
        machine(torch=Absent(), python=python("3.12.1", externally_managed=True, in_venv=True)),
    ),
    (
        "PY104",
        machine(torch=Absent(), python=python("3.12.1", externally_managed=True, in_venv=False)),
        machine(torch=torch("cpu"), python=python("3.12.1", externally_managed=True, in_venv=False)),
    ),
    (
        "PY103",
        machine(torch=Absent(), python=python("3.12.1"), libc=MUSL),
        machine(torch=Absent(), python=python("3.12.1"), libc=GLIBC),
    ),
    (
        "PY103",
        machine(torch=Absent(), python=python("3.12.1"), libc=Libc(family="glibc", version="2.12")),
        machine(torch=Absent(), python=python("3.12.1"), libc=Libc(family="glibc", version="2.17")),
    ),
    (
        "PY103",
        machine(torch=OFFICIAL, python=python("3.12.1"), libc=Libc(family="glibc", version="2.27")),
        machine(torch=OFFICIAL, python=python("3.12.1"), libc=Libc(family="glibc", version="2.28")),
    ),
    (
        "PY103",
        machine(torch=OFFICIAL, python=python("3.12.1"), libc=MUSL),
        machine(torch=OFFICIAL, python=python("3.12.1"), libc=MUSL, torch_runtime=SEES),
    ),
    (
        "PY103",
        machine(torch=OFFICIAL, python=python("3.12.1"), libc=MUSL),
        machine(torch=torch("cpu"), python=python("3.12.1"), libc=MUSL),
    ),
    (
        "DR107",
        machine(nvidia_driver=nodes("nvidia0", "nvidiactl"), torch_runtime=BLIND),
        machine(nvidia_driver=nodes("nvidia0", "nvidiactl"), torch_runtime=SEES),
    ),
    (
        "DR107",
        machine(nvidia_driver=nodes("nvidia0", "nvidiactl"), torch_runtime=BLIND),
        machine(nvidia_driver=nodes("nvidia0", "nvidiactl", "nvidia-uvm"), torch_runtime=BLIND),
    ),
    (
        "DR107",
        machine(nvidia_driver=nodes("nvidia0", "nvidiactl"), torch_runtime=BLIND),
        machine(nvidia_driver=nodes("nvidia0"), torch_runtime=BLIND, wsl=Wsl(version=2)),
    ),
    (
        "WS102",
        machine(wsl=Wsl(version=2), torch_runtime=loaded(WSL_BLIND)),
        machine(wsl=Wsl(version=2), torch_runtime=loaded(WSL_OWN)),
    ),
    (
        "WS102",
        machine(wsl=Wsl(version=2), torch_runtime=loaded(WSL_BLIND)),
        machine(torch_runtime=loaded(WSL_BLIND)),
    ),
    (
        "TC103",
        machine(torch=torch("cu130"), packages=(own(TRITON),)),
        machine(torch=torch("cu130"), packages=(own(TRITON), Package(name="triton", version="3"))),
    ),
    (
        "TC103",
        machine(torch=torch("rocm7.2"), packages=(own("pytorch-triton-rocm==3.5.0"),)),
        machine(torch=torch("cpu"), packages=(own(TRITON),)),
    ),
    (
        "TC103",
        machine(torch=torch("cu130"), packages=(own(TRITON),)),
        machine(torch=torch("cu130"), packages=(own(TRITON),), arch="aarch64"),
    ),
    (
        "TC103",
        machine(torch=torch("cu130"), packages=(own(TRITON),)),
        machine(torch=torch("cu130"), packages=(Package(name="torch", version="2.14.1"),)),
    ),
    (
        "WH107",
        machine(torch=torch("cpu"), gpus=(gpu("intel", pci_id=card(True)),)),
        machine(torch=torch("cpu"), gpus=(gpu("intel", pci_id=card(False)),)),
    ),
    (
        "WH107",
        machine(torch=torch("cpu"), gpus=(gpu("intel", pci_id=card(True)),)),
        machine(torch=torch("xpu"), gpus=(gpu("intel", pci_id=card(True)),)),
    ),
    (
        "WH107",
        machine(torch=torch("cpu"), gpus=(gpu("intel", pci_id=card(True)),)),
        machine(torch=torch("cpu"), gpus=(gpu("intel", pci_id=card(True)), gpu("nvidia"))),
    ),
    (
        "AB105",
        machine(torch=torch("cu130"), packages=(package("xformers", "torch==2.9.0"),)),
        machine(torch=torch("cu130"), packages=(package("xformers", "torch==2.14.1"),)),
    ),
    (
        "AB105",
        machine(torch=torch("cu130"), packages=(package("xformers", "torch (==2.9.0)"),)),
        machine(torch=torch("cu130"), packages=(package("xformers", "torch>=2.10"),)),
    ),
    (
        "AB112",
        machine(torch=torch("cu130"), packages=(package("accelerate", "torch>=3.0"),)),
        machine(torch=torch("cu130"), packages=(package("accelerate", "torch>=2.0.0"),)),
    ),
    (
        "AB112",
        machine(torch=torch("cu130"), packages=(package("transformers", 'torch>=3.0; extra == "torch"'),)),
        machine(torch=torch("cu130"), packages=(package("transformers", 'torch>=3.0; extra == "dev"'),)),
    ),
    (
        "AB112",
        machine(torch=torch("cu130"), packages=(package("vllm", "torch!=2.0,>=2.15"),)),
        machine(torch=NIGHTLY, packages=(package("vllm", "torch>=2.15"), package("vllm", "torchaudio>=3"))),
    ),
    (
        "CU108",
        machine(torch=torch("cu130", cuda="13.0"), cuda_toolkit="12.4"),
        machine(torch=torch("cu130", cuda="13.0"), cuda_toolkit="13.2"),
    ),
    (
        "TC109",
        machine(torch=torch("cu126", cuda="12.6"), gpus=(gpu("nvidia", compute_capability="6.1"),)),
        machine(torch=torch("cu126", cuda="12.6"), gpus=(gpu("nvidia", compute_capability="7.0"),)),
    ),
    (
        "NW105",
        machine(environment={"HF_HUB_OFFLINE": "1"}, packages=(package("transformers"),)),
        machine(environment={"HF_HUB_OFFLINE": "0"}, packages=(package("transformers"),)),
    ),
    (
        "NW105",
        machine(environment={"TRANSFORMERS_OFFLINE": "true"}, packages=(package("transformers"),)),
        machine(environment={"TRANSFORMERS_OFFLINE": "true"}, packages=(package("numpy"),)),
    ),
    ("AR106", machine(**warned("sm_80", "sm_120")), machine(**warned("sm_80", "sm_90"))),
    (
        "AR106",
        machine(**warned("sm_80", "sm_120")),
        machine(**warned("sm_80", "sm_120", warnings=())),
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
    own = package("torchvision", needs)
    given = machine(
        torch=Absent(), torch_runtime=Absent(), packages=(own,), python=python("3.12.1")
    )
    found = {f.code: f for f in find(given, load())[0]}

    assert found["PY114"].severity == severity
    assert ("torchvision" in found["PY114"].message) == (severity == "error")


@pytest.mark.parametrize("cause", ["PY101", "PY103"])
def test_what_keeps_torch_out_explains_that_it_is_missing(cause: str) -> None:
    facts = {"python": python("3.30.0")} if cause == "PY101" else {"python": python("3.12.1")}
    given = machine(torch=Absent(), torch_runtime=Absent(), libc=MUSL, **facts)
    found = {f.code: f.suppressed_by for f in find(given, load())[0]}

    assert (found[cause], found["PY114"]) == (None, cause)
