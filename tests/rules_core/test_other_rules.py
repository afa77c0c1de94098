"""Rules about everything but interpreters, wheels and drivers: each fault, and a machine nearly without it."""

from __future__ import annotations

from typing import Any

import pytest

from envsetup.doctor.findings import find
from envsetup.knowledge import load
from envsetup.model import (
    Absent,
    Container,
    Cpu,
    Filesystem,
    Gpu,
    GpuHealth,
    LoadedLibrary,
    Memory,
    Package,
    Python,
    TorchInstall,
    TorchRuntime,
    Unreadable,
    Wsl,
)
from envsetup.testing import SOURCE, driver, gpu, machine, python, torch

SITE = "/env/lib/python3.12/site-packages"
GIB = 2**30


def health(**told: Any) -> Any:
    return {"gpus": (card(health=GpuHealth(**told)),)}


def card(index: int = 0, **more: Any) -> Gpu:
    about = {"name": "NVIDIA H100 80GB HBM3", "compute_capability": "9.0", **more}
    return gpu(index=index, **about)


def amd(gfx: str, **more: Any) -> Gpu:
    return gpu("amd", gfx=gfx, **more)


def env(**variables: str) -> dict[str, Any]:
    return {"environment": variables}


def loads(*paths: str, **more: Any) -> Any:
    libraries = tuple(LoadedLibrary(name=p.rsplit("/", 1)[-1], path=p) for p in paths)
    return TorchRuntime(cuda_available=True, loaded=libraries, **more)


def one(name: str, version: str, **more: Any) -> Package:
    return Package(name=name, version=version, location=SITE, metadata=f"{name}.dist-info", **more)


def place(role: str, **more: Any) -> Any:
    return (Filesystem(role=role, path=f"/{role}", **more),)


def cpu(**more: Any) -> Any:
    fields = {"usable_cores": 16.0, "logical_cores": 16, "affinity_cores": 16, "sockets": 1}
    return Cpu(**{**fields, **more})


CUDA = torch("2.14.1+cu130", official=True)
BASE = machine(
    os="linux",
    arch="x86_64",
    wsl=Absent(),
    container=Absent(),
    cpu=cpu(),
    memory=Memory(total_bytes=64 * GIB),
    storage=place("environment", kind="ext4", writable=True),
    limits={"pids": -1, "nproc": -1},
    environment={},
    programs={"gcc": "/usr/bin/gcc"},
    python=python(prefix="/env", site_packages=(SITE,)),
    packages=(
        one("torch", "2.14.1"),
        one("numpy", "2.2.0"),
        one("triton", "3.8.0"),
    ),
    gpus=(card(),),
    nvidia_driver=driver("580.95.05", cuda_version="13.0", nvml="ok"),
    kernel_log=(),
    cuda_toolkit=Absent(),
    torch=CUDA,
    torch_runtime=loads(),
)
MAC = {
    "os": "macos",
    "arch": "arm64",
    "macos_version": "15.2",
    "gpus": (gpu("apple", name="Apple M3"),),
    "nvidia_driver": Absent(),
    "torch": TorchInstall(version="2.14.1", build="mps"),
    "torch_runtime": TorchRuntime(mps_built=True, mps_available=True),
}
HUB = {
    "packages": (
        one("torch", "2.14.1"),
        one("huggingface-hub", "1.0.0"),
    )
}
INDEX = "https://download.pytorch.org/whl"
WSL = {"wsl": Wsl(version=2)}
WINDOWS = {"os": "windows"}
INTEL = {
    "gpus": (gpu("intel", name="Intel Arc A770"),),
    "nvidia_driver": Absent(),
    "torch": torch("2.14.1+xpu", xpu="20250200", official=True),
    "level_zero": "/usr/lib/libze_loader.so.1",
}
ROCM = {"gpus": (amd("gfx1100"),), "nvidia_driver": Absent(), "torch": torch("2.14.1+rocm7.2", official=True)}  # fmt: skip
BOX = Container(runtime="docker")
NCCL = (
    one("torch", "2.14.1"),
    one("nvidia-nccl-cu13", "2.30.7"),
)
OWN_NCCL = f"{SITE}/nvidia/nccl/lib/libnccl.so.2"
CUBLAS = (
    one("torch", "2.9.1"),
    one("nvidia-cublas-cu12", "12.8.4.1"),
)
OWN_CUBLAS = f"{SITE}/nvidia/cublas/lib/libcublas.so.12"
WIRES = ("docker0", "eth0", "lo")
HEADLESS = Python(executable="p", version="3.12.1", has_headers=False)
TRITON = one("torch", "2.14.1", requires=("triton==3.8.0; platform_system == 'Linux'",))
OLD = {"torch": torch("2.14.1+cu118"), "packages": (one("torch", "2.7.1"), one("triton", "3.3.1"),)}  # fmt: skip


def old_driver(version: str) -> dict[str, Any]:
    return {**OLD, "nvidia_driver": driver(version=version)}


def no_libcuda(cuda: Any) -> dict[str, Any]:
    told = driver("580.95.05", cuda_version=cuda)
    no_cuda = TorchRuntime(cuda_available=False)
    return {**WSL, "nvidia_driver": told, "torch_runtime": no_cuda}


PAIRS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # -- packages beside torch
    ("AB102", {"packages": (one("torch", "2.14.1"),)}, {"packages": (one("torch", "2.14.1"), one("numpy-base", "2.2"),)}),
    (
        "AB107",
        {"packages": (TRITON, one("triton", "3.6.0"),)},
        {"packages": (TRITON, one("triton", "3.8.0"),)},
    ),
    (
        "AB111",
        {"packages": (one("torchaudio", "2.9.0"),)},
        {"packages": (one("torchaudio", "2.9.0"), one("torchcodec", "0.9"),)},
    ),
    ("SC104", {"packages": (one("pytorch", "1.0.2"),)}, {"packages": (one("pytorch", "2.5.1", manager="conda"),)}),
    # -- building against torch
    ("AR104", env(TORCH_CUDA_ARCH_LIST="8.0;8.6"), env(TORCH_CUDA_ARCH_LIST="8.0;8.6+PTX")),
    ("CU109", env(TORCH_CUDA_ARCH_LIST="9.0"), env(TORCH_CUDA_ARCH_LIST="9.0", CUDA_HOME="/usr/local/cuda")),
    ("TC101", {"programs": {"ninja": "/bin/ninja"}}, {"programs": {"clang++": "/bin/clang++"}}),
    # -- the processor and its threads
    (
        "CP102",
        {"torch_runtime": loads("/env/lib/libiomp5.so", "/opt/lib/libiomp5.so")},
        {"torch_runtime": loads("/env/lib/libiomp5.so", "/env/lib/libgomp.so.1")},
    ),
    ("CP104", env(OMP_NUM_THREADS="1"), env(OMP_NUM_THREADS="1", LOCAL_RANK="0")),
    ("CP105", env(OMP_NUM_THREADS="16", LOCAL_WORLD_SIZE="8"), env(OMP_NUM_THREADS="2", LOCAL_WORLD_SIZE="8")),
    (
        "CP106",
        {"cpu": cpu(sockets=2), "gpus": (card(0), card(1),)},
        {"cpu": cpu(sockets=2, affinity_cores=8), "gpus": (card(0), card(1),)},
    ),
    ("DL103", {"limits": {"pids": 40, "nproc": -1}}, {"limits": {"pids": 4096, "nproc": -1}}),
    # -- containers and places
    (
        "CT111",
        {"container": BOX, "storage": place("home", writable=False)},
        {"container": Absent(), "storage": place("home", writable=False)},
    ),
    (
        "DL104",
        {"storage": place("shm", total_bytes=64 * 2**20, free_bytes=2**20)},
        {"storage": place("shm", total_bytes=64 * 2**20, free_bytes=60 * 2**20)},
    ),
    ("ST103", {"storage": place("model-cache", free_bytes=GIB), **HUB}, {"storage": place("model-cache", free_bytes=20 * GIB), **HUB}),
    ("ST103", {"storage": place("model-cache", free_bytes=GIB), **HUB}, {"storage": place("model-cache", free_bytes=GIB)}),
    ("ST104", {"storage": place("environment", kind="nfs4")}, {"storage": place("environment", kind="xfs")}),
    ("ST105", {"storage": place("tmp", options=("noexec",))}, {"storage": place("tmp", options=("nosuid",))}),
    ("TC106", {"storage": place("compile-cache", kind="lustre")}, {"storage": place("compile-cache", kind="lustre"), **env(TRITON_CACHE_DIR="/tmp/t", TORCHINDUCTOR_CACHE_DIR="/tmp/i")}),
    # -- CUDA's libraries and variables
    (
        "CU102",
        {"packages": CUBLAS, "torch_runtime": loads("/usr/local/cuda/lib64/libcublas.so.12")},
        {"packages": NCCL, "torch_runtime": loads("/usr/local/cuda/lib64/libcublas.so.12")},
    ),
    (
        "CU102",
        {"packages": CUBLAS, "torch_runtime": loads("/usr/local/cuda/lib64/libcublasLt.so.12")},
        {"packages": CUBLAS, "torch_runtime": loads(OWN_CUBLAS)},
    ),
    (
        "CU103",
        {"packages": NCCL, "torch_runtime": loads("/usr/lib/libnccl.so.2")},
        {"packages": NCCL, "torch_runtime": loads(OWN_NCCL)},
    ),
    ("CU111", env(LD_PRELOAD="/usr/lib/libtcmalloc.so.4"), env(LD_PRELOAD="/usr/lib/libfakeroot.so")),
    (
        "CU113",
        {"gpus": (card(0), card(1, name="NVIDIA L4"),)},
        {"gpus": (card(0), card(1, name="NVIDIA L4"),), **env(CUDA_DEVICE_ORDER="PCI_BUS_ID")},
    ),
    ("CU114", env(CUDA_LAUNCH_BLOCKING="1"), env(CUDA_LAUNCH_BLOCKING="0")),
    ("CU115", env(PYTORCH_CUDA_ALLOC_CONF="expandable_segmants:True"), env(PYTORCH_CUDA_ALLOC_CONF="expandable_segments:True")),
    ("TC110", old_driver("470.57.02"), old_driver("525.60.13")),
    # -- the health of GPUs
    (
        "GP102",
        {"kernel_log": ("NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.",)},
        {"kernel_log": ("NVRM: GPU at PCI:0000:3b:00: GPU-1234",)},
    ),
    ("GP103", health(remap_pending=True), health(remap_pending=False, remap_failed=False)),
    (
        "AR105",
        {"gpus": (card(name="Tesla T4", compute_capability="7.5"),)},
        {"gpus": (card(name="NVIDIA A100", compute_capability="8.0"),)},
    ),
    ("GP105", health(throttle_reasons=("hw-thermal",)), health(throttle_reasons=())),
    ("GP106", health(power_limit_w=300.0, power_default_w=700.0), health(power_limit_w=650.0, power_default_w=700.0)),
    ("GP107", health(pcie_width=4, pcie_width_max=16), health(pcie_width=16, pcie_width_max=16, pcie_gen=1, pcie_gen_max=5)),
    ("GP108", {"gpus": (card(compute_mode="Exclusive_Process"),)}, {"gpus": (card(compute_mode="Default"),)}),
    (
        "GP110",
        {"gpus": (card(memory_used_bytes=70 * GIB, memory_total_bytes=80 * GIB),)},
        {"gpus": (card(memory_used_bytes=GIB, memory_total_bytes=80 * GIB),)},
    ),
    ("GP111", health(persistence=False), {"gpus": (card(name="NVIDIA GeForce RTX 4090", health=GpuHealth(persistence=False)),)}),
    ("GP112", {"gpus": (card(0), card(1, name="NVIDIA L4"),)}, {"gpus": (card(0), card(1),)}),
    (
        "GP113",
        {"kernel_log": ("NVRM: BAR1 is 0M @ 0x0 (PCI:0000:01:00.0)",)},
        {"kernel_log": ("NVRM: loading NVIDIA UNIX x86_64 Kernel Module",)},
    ),
    # -- macOS
    (
        "MC103",
        {**MAC, "torch_runtime": TorchRuntime(mps_built=True, mps_available=False)},
        {**MAC, "torch_runtime": TorchRuntime(mps_built=False, mps_available=False)},
    ),
    (
        "MC104",
        {**MAC, "arch": "x86_64", "cpu": cpu(model="Intel(R) Core(TM) i9")},
        {**MAC, "arch": "arm64", "cpu": cpu(model="Apple M3")},
    ),
    ("MC106", {**MAC, **env(PYTORCH_MPS_HIGH_WATERMARK_RATIO="0.0")}, {**MAC, **env(PYTORCH_MPS_HIGH_WATERMARK_RATIO="1.2")}),
    (
        "MC107",
        {**MAC, "index_settings": {"pip extra-index-url": f"{INDEX}/cu130", "uv index": "another"}},
        {**MAC, "index_settings": {"pip extra-index-url": f"{INDEX}/cpu", "uv index": "another"}},
    ),
    # -- AMD and Intel
    (
        "RO103",
        {**ROCM, **env(HSA_OVERRIDE_GFX_VERSION="9.0.0")},
        {**ROCM, **env(HSA_OVERRIDE_GFX_VERSION="11.0.0")},
    ),
    (
        "RO104",
        {**ROCM, "gpus": (amd("gfx1100"), amd("gfx1036", integrated=True),)},
        {**ROCM, "gpus": (amd("gfx1100"), amd("gfx1036", integrated=True),), **env(HIP_VISIBLE_DEVICES="0")},
    ),
    (
        "RO106",
        {**ROCM, "rocm": "6.4.0", **env(LD_LIBRARY_PATH="/opt/rocm/lib")},
        {**ROCM, "rocm": "7.2.0", **env(LD_LIBRARY_PATH="/opt/rocm/lib")},
    ),
    (
        "RO105",
        {**ROCM, "device_access": {}},
        {**ROCM, "device_access": {"/dev/kfd": True}},
    ),
    ("XP101", {**INTEL, "level_zero": Absent()}, INTEL),
    (
        "XP102",
        {**INTEL, "device_access": {"/dev/dri/renderD128": False}},
        {**INTEL, "device_access": {"/dev/dri/renderD128": False, "/dev/dri/renderD129": True}},
    ),
    ("XP103", {**INTEL, **env(SETVARS_COMPLETED="1")}, {**INTEL, **env(SETVARS_COMPLETED="0")}),
    # -- security and the network
    ("SC102", env(TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD="1"), env(TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD="0")),
    ("SC106", env(PIP_TRUSTED_HOST="mirror.example.org"), env(PIP_TRUSTED_HOST="")),
    (
        "NW103",
        {"python": Python(executable="p", version="3.12.1", has_ssl=False)},
        {"python": Python(executable="p", version="3.12.1", has_ssl=None)},
    ),
    (
        "DS102",
        {"environment": {"NCCL_SOCKET_IFNAME": "eth1"}, "interfaces": WIRES},
        {"environment": {"NCCL_SOCKET_IFNAME": "eth"}, "interfaces": WIRES},
    ),
    (
        "DS102",
        {"environment": {"GLOO_SOCKET_IFNAME": "eth"}, "interfaces": WIRES},
        {"environment": {"GLOO_SOCKET_IFNAME": "eth0"}, "interfaces": WIRES},
    ),
    (
        "DS102",
        {"environment": {"NCCL_SOCKET_IFNAME": "^lo,eth,docker"}, "interfaces": WIRES},
        {"environment": {"NCCL_SOCKET_IFNAME": "^docker,lo"}, "interfaces": WIRES},
    ),
    (
        "TC102",
        {"python": HEADLESS, "programs": {"gcc": "/usr/bin/gcc"}, "torch": torch("2.14.1+cpu")},
        {"python": HEADLESS, "programs": {}, "torch": torch("2.14.1+cpu")},
    ),
    # -- Windows and WSL
    (
        "WN106",
        {**WINDOWS, "packages": (one("torch", "2.14.1"),)},
        {**WINDOWS, "packages": (one("torch", "2.14.1"), one("triton-windows", "3.8"),)},
    ),
    ("WS101", no_libcuda(Absent()), no_libcuda(Unreadable(error="not in the pasted text", source=SOURCE))),
    (
        "WS104",
        {**WSL, "memory": Memory(total_bytes=4 * GIB)},
        {"memory": Memory(total_bytes=4 * GIB)},
    ),
    ("WS106", {**WSL, "gpus": (card(0), card(1),)}, {**WSL, "gpus": (card(0),)}),
]  # fmt: skip


def codes(changes: dict[str, Any]) -> set[str]:
    findings, undecided = find(machine(BASE, **changes), load())
    assert not [u for u in undecided if "itself failed" in u.reason]
    return {f.code for f in findings}


@pytest.mark.parametrize(("code", "with_fault", "nearly"), PAIRS, ids=[p[0] for p in PAIRS])
def test_the_fault_is_found_and_its_like_is_not(
    code: str, with_fault: dict[str, Any], nearly: dict[str, Any]
) -> None:
    assert code in codes(with_fault)
    assert code not in codes(nearly)


def test_a_healthy_machine_has_no_finding() -> None:
    assert codes({}) == set()
