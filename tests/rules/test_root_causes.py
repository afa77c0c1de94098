"""Machines broken in several ways by one cause: one finding on top, all else hangs under it."""

from __future__ import annotations

from typing import Any

import pytest

from envsetup.doctor.findings import find
from envsetup.knowledge import load
from envsetup.model import (
    Absent,
    Container,
    Filesystem,
    Finding,
    Gpu,
    GpuHealth,
    Libc,
    Machine,
    NvidiaDriver,
    Package,
    Python,
    Source,
    TorchDevice,
    TorchInstall,
    TorchRuntime,
    Wsl,
)
from envsetup.rules import Rule
from envsetup.rules.registry import all_rules
from envsetup.rules.suppress import suppress
from envsetup.testing import driver, gpu, known, python, torch, unreadable

BUS = Source(kind="file", ref="/sys/bus/pci/devices")
TARGET = Source(kind="target", ref="import torch")
SITE = "/env/lib/python3.12/site-packages"
NODES = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm")


def bus_gpu(capability: str = "8.9", **more: Any) -> Gpu:
    return gpu(compute_capability=capability, **{"source": BUS, "name": "NVIDIA L4", **more})


def whole_driver(version: str = "580.95.05", **more: Any) -> NvidiaDriver:
    about = {
        "library_version": version,
        "cuda_version": "13.0",
        "device_nodes": NODES,
        "modules": ("nvidia", "nvidia_uvm"),
        "nvml": "ok",
        "nvidia_smi": "/usr/bin/nvidia-smi",
    }
    return driver(version, **{**about, **more})


def wheel(build: str = "cu130", version: str = "2.14.1", **more: Any) -> TorchInstall:
    return torch(f"{version}+{build}", **{"official": True, "location": f"{SITE}/torch", **more})


def venv_python(**more: Any) -> Python:
    about = {"prefix": "/env", "base_prefix": "/usr", "in_venv": True, "pointer_bits": 64, **more}
    return python(site_packages=(SITE,), **about)


def blind(error: str | None = None, **more: Any) -> Any:
    """A torch that imports and sees the CPU alone."""
    devices = (TorchDevice(kind="cpu", index=0),)
    about = {"version": "2.14.1+cu130", "cuda": "13.0", "devices": devices, **more}
    return known(TorchRuntime(cuda_available=False, cuda_error=error, **about))


def packages(**versions: str) -> Any:
    given = {"torch": "2.14.1", "numpy": "2.2.0", **versions}
    return known(
        tuple(Package(name=n.replace("_", "-"), version=v, location=SITE) for n, v in given.items())
    )


OK: dict[str, Any] = {
    "os": known("linux"),
    "arch": known("x86_64"),
    "libc": known(Libc(family="glibc", version="2.36")),
    "wsl": Absent(),
    "container": Absent(),
    "tegra": Absent(),
    "environment": known({}),
    "kernel_log": known(()),
    "python": known(venv_python()),
    "packages": packages(),
    "gpus": known((bus_gpu(),)),
    "nvidia_driver": known(whole_driver()),
    "device_access": known(dict.fromkeys(NODES, True)),
    "storage": known((Filesystem(role="environment", path="/env", free_bytes=10**11),)),
    "torch": known(wheel()),
    "torch_runtime": known(
        TorchRuntime(
            version="2.14.1+cu130",
            cuda="13.0",
            cuda_available=True,
            devices=(
                TorchDevice(kind="cpu", index=0),
                TorchDevice(kind="cuda", index=0, compute_capability="8.9"),
            ),
        )
    ),
}
BOX = known(Container(runtime="docker"))
NO_NODES = whole_driver(
    device_nodes=Absent(),
    nvml=Absent(),
    nvidia_smi=Absent(),
    cuda_version=Absent(),
    library_version=Absent(),
)
NO_DRIVER_WORDS = "Found no NVIDIA driver on your system."
MISMATCH = unreadable("Driver/library version mismatch")
LOST = GpuHealth(error="GPU is lost")
XID_79 = ("NVRM: Xid (PCI:0000:01:00): 79, pid=1, GPU has fallen off the bus.",)
XID_48 = ("NVRM: Xid (PCI:0000:01:00): 48, pid=1, DBE (double bit error) detected",)
TORN = unreadable(
    "ImportError: libtorch_cpu.so: file too short", TARGET, "Traceback ... file too short"
)
HUNG = unreadable("NVML did not answer within 6 s", Source(kind="nvml", ref="nvmlInit"))
AMD_GPU = Gpu(vendor="amd", index=0, source=BUS, gfx="gfx1100", integrated=False)
AMD_OK: dict[str, Any] = {
    "gpus": known((AMD_GPU,)),
    "nvidia_driver": Absent(),
    "device_access": known({"/dev/kfd": True, "/dev/dri/renderD128": True}),
    "torch": known(wheel("rocm7.2", hip="7.2", cuda=None)),
    "packages": packages(),
    "rocm": known("7.2"),
}
NO_TORCH: dict[str, Any] = {"torch": Absent(), "torch_runtime": Absent(), "packages": known(())}

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "a torn libtorch": (
        "PY113",
        {
            "torch": known(wheel(broken_files=("torch/lib/libtorch_cpu.so has 5 of 400 bytes",), arch_list=unreadable("no ELF file"))),
            "torch_runtime": TORN,
        },
    ),
    "no driver at all": (
        "DR101",
        {"nvidia_driver": Absent(), "torch_runtime": blind(NO_DRIVER_WORDS), "device_access": known({})},
    ),
    "no driver, and a CPU build": (
        "DR101",
        {"nvidia_driver": Absent(), "torch": known(wheel("cpu")), "torch_runtime": blind(cuda=None)},
    ),
    "nouveau in the driver's place": (
        "DR102",
        {
            "gpus": known((bus_gpu(kernel_driver="nouveau"),)),
            "nvidia_driver": Absent(),
            "torch_runtime": blind(NO_DRIVER_WORDS),
        },
    ),
    "a CPU build beside a GPU": (
        "WH101",
        {"torch": known(wheel("cpu")), "torch_runtime": blind(cuda=None, version="2.14.1+cpu")},
    ),
    "a CPU build by an extra index that lost": (
        "WH104",
        {
            "environment": known({"PIP_EXTRA_INDEX_URL": "https://download.pytorch.org/whl/cu130"}),
            "torch": known(wheel("cpu")),
            "torch_runtime": blind(cuda=None, version="2.14.1+cpu"),
        },
    ),
    "a driver too old for the wheel": (
        "WH103",
        {
            "nvidia_driver": known(whole_driver("550.54.15", cuda_version=known("12.4"))),
            "torch_runtime": blind("The NVIDIA driver on your system is too old (found version 12040)."),
        },
    ),
    "kernel module and libraries of two versions": (
        "DR103",
        {
            "nvidia_driver": known(whole_driver("550.54.15", library_version=known("550.90.07"), nvml=MISMATCH, nvidia_smi=MISMATCH)),
            "torch_runtime": blind("Error 804: forward compatibility was attempted on non supported HW"),
        },
    ),
    "a driver that hangs": (
        "DR113",
        {
            "nvidia_driver": known(whole_driver(nvml=HUNG, nvidia_smi=unreadable("did not answer within 5 s"))),
            "torch_runtime": blind("asking torch for its devices: did not end within 60 s"),
        },
    ),
    "a container that was given no GPU": (
        "CT101",
        {"container": BOX, "nvidia_driver": known(NO_NODES), "device_access": known({}), "torch_runtime": blind(NO_DRIVER_WORDS)},
    ),
    "a container that lost its GPU": (
        "CT103",
        {
            "container": BOX,
            "nvidia_driver": known(whole_driver(nvml=unreadable("Unknown Error"), nvidia_smi=unreadable("Failed to initialize NVML: Unknown Error"))),
            "device_access": known(dict.fromkeys(NODES, False)),
            "torch_runtime": blind("CUDA unknown error - this may be due to an incorrectly set up environment"),
        },
    ),
    "device nodes that this user may not open": (
        "DR108",
        {
            "device_access": known(dict.fromkeys(NODES, False)),
            "nvidia_driver": known(whole_driver(nvml=unreadable("Insufficient Permissions"))),
            "torch_runtime": blind("CUDA unknown error"),
        },
    ),
    "a GPU off the bus": (
        "GP104",
        {
            "gpus": known((bus_gpu(health=LOST),)),
            "kernel_log": known(XID_79),
            "nvidia_driver": known(whole_driver(nvml=unreadable("GPU is lost"))),
            "torch_runtime": blind("CUDA error: unknown error"),
        },
    ),
    "broken memory": (
        "GP101",
        {
            "gpus": known((bus_gpu(health=GpuHealth(ecc_uncorrected_volatile=3, remap_pending=True)),)),
            "kernel_log": known(XID_48),
        },
    ),
    "MIG without an instance": (
        "GP109",
        {
            "gpus": known((bus_gpu("9.0", name="NVIDIA H100", mig=True, mig_instances=0),)),
            "torch_runtime": blind("No CUDA GPUs are available"),
        },
    ),
    "all devices hidden by a variable": (
        "CU112",
        {"environment": known({"CUDA_VISIBLE_DEVICES": "7"}), "torch_runtime": blind("No CUDA GPUs are available")},
    ),
    "the fabric manager is down": (
        "DR109",
        {
            "gpus": known(tuple(bus_gpu("9.0", index=n, name="NVIDIA H100 80GB HBM3") for n in range(8))),
            "torch_runtime": blind("Error 802: system not yet initialized"),
        },
    ),
    "a GPU newer than the build": (
        "AR101",
        {
            "gpus": known((bus_gpu("12.0", name="NVIDIA GeForce RTX 5090"),)),
            "nvidia_driver": known(whole_driver(flavour="open")),
            "torch": known(wheel("cu126")),
            "torch_runtime": known(TorchRuntime(version="2.14.1+cu126", cuda="12.6", cuda_available=True, warnings=("UserWarning: NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current PyTorch installation.",))),
        },
    ),
    "a ROCm build beside an NVIDIA GPU": (
        "WH106",
        {"torch": known(wheel("rocm7.2", hip="7.2", cuda=None)), "torch_runtime": blind(hip="7.2", cuda=None), "rocm": Absent()},
    ),
    "an AMD GPU that this user may not open": (
        "RO102",
        {**AMD_OK, "device_access": known({"/dev/kfd": False, "/dev/dri/renderD128": False}), "torch_runtime": blind("No HIP GPUs are available", hip="7.2", cuda=None)},
    ),
    "a CUDA build beside an AMD GPU": (
        "WH106",
        {**AMD_OK, "torch": known(wheel()), "torch_runtime": blind(NO_DRIVER_WORDS)},
    ),
    "the stub of libcuda in front": (
        "CU106",
        {
            "environment": known({"LD_LIBRARY_PATH": "/usr/local/cuda/lib64/stubs"}),
            "torch_runtime": blind("CUDA driver version is insufficient for CUDA runtime version"),
        },
    ),
    "a library of CUDA that is missing": (
        "CU101",
        {"torch_runtime": unreadable("ImportError: libcublas.so.13: cannot open shared object file: No such file or directory", TARGET)},
    ),
    "variables of another Python": (
        "PY111",
        {
            "environment": known({"PYTHONHOME": "/opt/other"}),
            "torch_runtime": unreadable("ended with exit code 1: SRE module mismatch", TARGET),
        },
    ),
    "a module that the GPU doesn't take": (
        "DR106",
        {
            "gpus": known((bus_gpu("12.0", name="NVIDIA GeForce RTX 5090"),)),
            "nvidia_driver": known(whole_driver(flavour="proprietary", nvml=unreadable("No devices were found"), nvidia_smi=unreadable("No devices were found"))),
            "kernel_log": known(("NVRM: installed in this system requires use of the NVIDIA open kernel modules.",)),
            "torch_runtime": blind("No CUDA GPUs are available"),
        },
    ),
    "memory of the GPU's module not loaded": (
        "DR107",
        {
            "nvidia_driver": known(whole_driver(modules=known(("nvidia",)), device_nodes=known(NODES[:2]))),
            "device_access": known(dict.fromkeys(NODES[:2], True)),
            "torch_runtime": blind("CUDA unknown error - this may be due to an incorrectly set up environment"),
        },
    ),
    "a Jetson with the wheel of servers": (
        "WH110",
        {
            "arch": known("aarch64"),
            "tegra": known("R36.4"),
            "gpus": known((bus_gpu("8.7", integrated=True, name="Orin"),)),
            "nvidia_driver": known(whole_driver("540.4", cuda_version=known("12.6"))),
            "torch": known(wheel(arch_list=known(("sm_80", "sm_90", "sm_100", "sm_110", "sm_120")))),
            "torch_runtime": blind("The NVIDIA driver on your system is too old (found version 12060)."),
        },
    ),
    "a Windows driver too old for WSL": (
        "WS107",
        {
            "wsl": known(Wsl(version=2)),
            "nvidia_driver": known(whole_driver("460.89", cuda_version=known("11.2"), device_nodes=Absent())),
            "torch_runtime": blind("The NVIDIA driver on your system is too old (found version 11020)."),
        },
    ),
    "macOS too old for MPS": (
        "MC102",
        {
            "os": known("macos"),
            "arch": known("arm64"),
            "libc": Absent(),
            "macos_version": known("13.1"),
            "gpus": known((Gpu(vendor="apple", index=0, source=BUS, integrated=True),)),
            "nvidia_driver": Absent(),
            "torch": known(TorchInstall(version="2.14.1", build="mps")),
            "torch_runtime": known(TorchRuntime(version="2.14.1", cuda_available=False, mps_available=False, mps_built=True)),
        },
    ),
    "WSL of the first version": (
        "WS103",
        {"wsl": known(Wsl(version=1)), "gpus": Absent(), "nvidia_driver": Absent(), "torch_runtime": blind(NO_DRIVER_WORDS)},
    ),
    "a 32-bit Python": (
        "PY102",
        {**NO_TORCH, "python": known(venv_python(pointer_bits=32))},
    ),
    "Python under Rosetta": (
        "MC101",
        {
            **NO_TORCH,
            "os": known("macos"),
            "arch": known("arm64"),
            "libc": Absent(),
            "macos_version": known("15.1"),
            "gpus": known((Gpu(vendor="apple", index=0, source=BUS, integrated=True),)),
            "nvidia_driver": Absent(),
            "python": known(venv_python(machine="x86_64", platform_tag="macosx_11_0_x86_64")),
        },
    ),
    "NumPy 2 beside a torch of NumPy 1": (
        "AB101",
        {
            "torch": known(wheel("cu121", "2.2.2")),
            "packages": packages(torch="2.2.2"),
            "torch_runtime": known(TorchRuntime(version="2.2.2+cu121", cuda="12.1", cuda_available=True, warnings=("UserWarning: Failed to initialize NumPy: _ARRAY_API not found",))),
        },
    ),
    "libraries of two CUDA majors": (
        "WH111",
        {
            "packages": packages(nvidia_cudnn_cu12="9.1.0", nvidia_cudnn_cu13="9.13.0", nvidia_nccl_cu12="2.20.5", nvidia_nccl_cu13="2.27.3"),
            "torch_runtime": unreadable("ImportError: libcudnn.so.9: undefined symbol: _ZN5cudnn", TARGET),
        },
    ),
    "two torches in one folder": (
        "PY107",
        {
            "packages": known((Package(name="torch", version="2.14.1", location=SITE, metadata="torch-2.14.1.dist-info"), Package(name="torch", version="2.9.0", location=SITE, metadata="torch-2.9.0.dist-info"))),
            "torch": known(wheel(metadata_version="2.9.0")),
        },
    ),
}  # fmt: skip
BESIDE = {"SC101"}
"""Causes of their own, which have no part in what is made up here."""


def judged(changes: dict[str, Any]) -> tuple[Finding, ...]:
    return find(Machine(**{**OK, **changes}), load())[0]


def test_the_machine_that_they_all_depart_from_is_healthy() -> None:
    assert [f.code for f in judged({}) if f.severity != "note"] == []


@pytest.mark.parametrize("name", CASES)
def test_one_cause_is_one_finding(name: str) -> None:
    cause, changes = CASES[name]
    serious = [f for f in judged(changes) if f.severity != "note"]
    on_top = {f.code for f in serious if f.suppressed_by is None}

    assert on_top - BESIDE == {cause}, [(f.code, f.suppressed_by, f.message) for f in serious]


@pytest.mark.parametrize("name", CASES)
def test_what_hangs_leads_up_to_what_stands(name: str) -> None:
    by_code = {f.code: f for f in judged(CASES[name][1])}
    for finding in by_code.values():
        seen, above = {finding.code}, finding.suppressed_by
        while above is not None:
            assert above not in seen
            seen.add(above)
            above = by_code[above].suppressed_by


@pytest.mark.parametrize("name", CASES)
def test_without_the_cause_what_hung_under_it_comes_back(name: str) -> None:
    cause, changes = CASES[name]
    hung = {f.code for f in judged(changes) if f.suppressed_by == cause}
    rules = [r for r in all_rules() if r.code != cause]
    left = find(Machine(**{**OK, **changes}), load(), rules)[0]

    assert all(f.suppressed_by != cause for f in left)
    assert hung <= {f.code for f in left}


def test_no_circle_of_causes() -> None:
    rules = {r.code: r for r in all_rules()}

    def below(one: Rule, path: tuple[str, ...]) -> None:
        for code in one.suppresses:
            assert code not in path, (*path, code)
            if code in rules:
                below(rules[code], (*path, code))

    for one in rules.values():
        below(one, (one.code,))


def test_what_is_suppressed_exists() -> None:
    codes = {r.code for r in all_rules()}
    assert {c for r in all_rules() for c in r.suppresses} <= codes


# -- the marking itself --------------------------------------------------------------------------


def made_up(code: str, **more: Any) -> Rule:
    about = {"slug": code.lower(), "title": code, "page": "", "platforms": ("linux",)}
    return Rule(code=code, **{"severity": "error", **about, **more})


def found(code: str, severity: Any = "error") -> Finding:
    return Finding(code=code, slug=code.lower(), severity=severity, confidence="high", message="")


def marks(findings: list[Finding], *rules: Rule) -> dict[str, str | None]:
    return {f.code: f.suppressed_by for f in suppress(tuple(findings), rules)}


def test_what_weighs_more_than_its_cause_stays_in_sight() -> None:
    cause = made_up("AA101", suppresses=("AA102",))

    assert marks([found("AA101"), found("AA102")], cause)["AA102"] == "AA101"
    assert marks([found("AA101", "warning"), found("AA102")], cause)["AA102"] is None


def test_of_two_causes_one_that_weighs_enough_is_named() -> None:
    light = made_up("AA101", suppresses=("AA103",))
    heavy = made_up("AA102", suppresses=("AA103",))
    there = [found("AA101", "warning"), found("AA102"), found("AA103")]

    assert marks(there, light, heavy)["AA103"] == "AA102"


def test_a_catch_all_steps_back_before_what_weighs_as_much() -> None:
    catch_all = made_up("ZZ901", yields_to=("AA",))

    assert marks([found("AA101"), found("ZZ901")], catch_all)["ZZ901"] == "AA101"
    assert marks([found("AA101", "warning"), found("ZZ901")], catch_all)["ZZ901"] is None
    assert marks([found("BB101"), found("ZZ901")], catch_all)["ZZ901"] is None
