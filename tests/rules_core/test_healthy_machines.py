"""Machines of the field that are well, each told as fully as the probes tell one: nothing above a note."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import fields, replace

from envsetup.doctor.findings import find
from envsetup.knowledge import load
from envsetup.model import (
    Absent,
    Container,
    Cpu,
    Filesystem,
    Gpu,
    GpuHealth,
    Known,
    Launch,
    Libc,
    LoadedLibrary,
    Machine,
    Memory,
    NvidiaDriver,
    Package,
    Python,
    RdmaPort,
    Source,
    TorchDevice,
    TorchInstall,
    TorchRuntime,
    Unreadable,
    Windows,
    Wsl,
)
from envsetup.testing import SOURCE, known, value
from envsetup.testing import machine as changed

NVML = Source(kind="nvml", ref="made up")
GIB = 2**30
SITE = "/home/ada/.venv/lib/python3.12/site-packages"


# -- parts ---------------------------------------------------------------------------------------


def places(**kinds: str) -> tuple[Filesystem, ...]:
    """Roomy, writable places, of the kinds of file system given by role."""
    paths = {
        "environment": "/home/ada/.venv",
        "tmp": "/tmp",
        "compile_cache": "/tmp/torchinductor_ada",
        "model_cache": "/home/ada/.cache/huggingface",
        "home": "/home/ada",
        "shm": "/dev/shm",
    }
    return tuple(
        Filesystem(
            role=role.replace("_", "-"),
            path=path,
            kind=kinds.get(role, "tmpfs" if role == "shm" else "ext4"),
            free_bytes=200 * GIB,
            total_bytes=500 * GIB,
            writable=True,
        )
        for role, path in paths.items()
    )


def cores(count: int, **more: Any) -> Cpu:
    return Cpu(
        **{
            "model": "AMD EPYC 9354 32-Core Processor",
            "logical_cores": count,
            "physical_cores": max(1, count // 2),
            "affinity_cores": count,
            "usable_cores": float(count),
            "sockets": 1,
            "numa_nodes": 1,
            "frequency_driver": "amd-pstate-epp",
            "frequency_governor": "performance",
            "isa": ("avx", "avx2", "fma", "avx512f"),
            **more,
        }
    )


def nvidia(name: str, capability: str, count: int = 1, **more: Any) -> tuple[Gpu, ...]:
    """Idle, cool devices as NVML tells them; their link has gone to sleep, as it does when idle."""
    rest = GpuHealth(
        ecc_uncorrected_volatile=0,
        remap_pending=False,
        remap_failed=False,
        throttle_reasons=("gpu_idle",),
        temperature_celsius=38,
        power_limit_w=300.0,
        power_default_w=300.0,
        pcie_gen=1,
        pcie_gen_max=4,
        pcie_width=16,
        pcie_width_max=16,
        persistence=True,
    )
    plain = {
        "memory_total_bytes": 80 * GIB,
        "memory_used_bytes": GIB // 2,
        "compute_mode": "Default",
        "kernel_driver": "nvidia",
        "mig": None,
        "health": rest,
    }
    return tuple(
        Gpu(
            vendor="nvidia",
            index=i,
            source=NVML,
            name=name,
            compute_capability=capability,
            uuid=f"GPU-{i:08x}-1111-2222-3333-444444444444",
            pci_address=f"0000:{0x10 + i:02x}:00.0",
            **{**plain, **more},
        )
        for i in range(count)
    )


def driver(version: str, cuda: str, gpus: int = 1, **more: Any) -> NvidiaDriver:
    nodes = (*(f"/dev/nvidia{i}" for i in range(gpus)), "/dev/nvidiactl", "/dev/nvidia-uvm")
    return NvidiaDriver(
        **{
            "version": known(version),
            "library_version": known(version),
            "cuda_version": known(cuda),
            "flavour": "open",
            "device_nodes": known(nodes),
            "modules": known(("nvidia", "nvidia_modeset", "nvidia_uvm")),
            "built_for": Unreadable(error="not looked for", source=SOURCE),
            "libraries": Absent(),
            "nvml": known("ok"),
            "nvidia_smi": known("/usr/bin/nvidia-smi"),
            **more,
        }
    )


def distributions(**versions: str) -> tuple[Package, ...]:
    plain = {"numpy": "2.3.4", "sympy": "1.14.0", "filelock": "3.20.0", "pip": "25.3"}
    return tuple(
        Package(name=name.replace("_", "-"), version=version, location=SITE, installer="pip")
        for name, version in {**plain, **versions}.items()
    )


def with_torch(machine: Machine, version: str, **runtime: Any) -> Machine:
    """torch installed from the wheel of that version, and imported without a complaint."""
    build = version.partition("+")[2] or None
    cuda = f"{build[2:-1]}.{build[-1]}" if build and build.startswith("cu") else None
    cuda_works = cuda is not None and isinstance(machine.gpus, Known)
    gpus: tuple[Gpu, ...] = machine.gpus.value if isinstance(machine.gpus, Known) else ()
    devices = tuple(
        TorchDevice(kind="cuda", index=g.index, name=g.name) for g in gpus if cuda_works
    )
    told = {
        "version": version,
        "cuda": cuda,
        "cuda_available": bool(devices),
        "devices": devices,
        "num_threads": 8,
        "import_s": 1.4,
        "loaded": (LoadedLibrary(name="libgomp.so.1", path=f"{SITE}/torch/lib/libgomp.so.1"),),
        **runtime,
    }
    return changed(
        machine,
        torch=TorchInstall(
            version=version,
            build=build,
            cuda=cuda,
            location=f"{SITE}/torch",
            metadata_version=version,
            shm_manager=True,
            official=True,
        ),
        torch_runtime=TorchRuntime(**told),
        packages=(*distributions(), Package(name="torch", version=version, location=SITE)),
        triton_ptxas={"ptxas": "12.8", "ptxas-blackwell": "13.0"} if cuda else Absent(),
    )


def linux() -> Machine:
    """A Linux machine without a GPU, of this year, with Python alone: every fact is told."""
    return changed(
        Machine(),
        os="linux",
        os_version="Ubuntu 24.04.3 LTS",
        kernel="6.8.0-88-generic",
        arch="x86_64",
        libc=Libc(family="glibc", version="2.39"),
        macos_version=Absent(),
        cpu=cores(32),
        memory=Memory(total_bytes=128 * GIB, available_bytes=100 * GIB, swap_total_bytes=8 * GIB),
        storage=places(),
        limits={
            "nofile": 1048576,
            "nproc": 500000,
            "memlock_bytes": 8 * 2**20,
            "address_space_bytes": -1,
            "pids": 150000,
            "max_map_count": 65530,
            "overcommit_memory": 0,
        },
        interfaces=("lo", "eno1", "docker0"),
        rdma_ports=Absent(),
        secure_boot=True,
        launch=Absent(),
        index_settings={},
        windows=Absent(),
        container=Absent(),
        wsl=Absent(),
        gpus=Absent(),
        nvidia_driver=Absent(),
        rocm=Absent(),
        level_zero=Absent(),
        tegra=Absent(),
        cuda_toolkit=Absent(),
        gcc_version=Absent(),
        gcc_newest_for_cuda=Absent(),
        triton_ptxas=Absent(),
        unfinished=Absent(),
        device_access={},
        programs={"gcc": "/usr/bin/gcc", "g++": "/usr/bin/g++"},
        kernel_log=(),
        environment={"PATH": "/usr/bin", "LANG": "C.UTF-8"},
        python=Python(
            executable="/home/ada/.venv/bin/python",
            version="3.12.12",
            abi_tag="cp312",
            platform_tag="linux_x86_64",
            machine="x86_64",
            pointer_bits=64,
            prefix="/home/ada/.venv",
            base_prefix="/usr",
            in_venv=True,
            externally_managed=False,
            user_site_enabled=False,
            site_packages=(SITE,),
            sys_path=(SITE,),
            has_ssl=True,
            has_headers=True,
            pip_version="25.3",
            as_root=False,
        ),
        packages=distributions(),
        torch=Absent(),
        torch_runtime=Absent(),
        extensions=Absent(),
    )


def nodes(count: int) -> dict[str, bool]:
    own = [f"/dev/nvidia{i}" for i in range(count)]
    return dict.fromkeys((*own, "/dev/nvidiactl", "/dev/nvidia-uvm"), True)


def linux_with(gpus: tuple[Gpu, ...], nvidia_driver: NvidiaDriver, **facts: Any) -> Machine:
    given = {"gpus": gpus, "nvidia_driver": nvidia_driver, "device_access": nodes(len(gpus))}
    return changed(linux(), **{**given, **facts})


# -- machines ------------------------------------------------------------------------------------


def container_image_with_python_alone() -> Machine:
    root = replace(value(linux().python), as_root=True, in_venv=False, prefix="/usr/local")
    storage = tuple(
        replace(p, total_bytes=64 * 2**20, free_bytes=64 * 2**20) if p.role == "shm" else p
        for p in places(environment="overlay", tmp="overlay", home="overlay")
    )
    return changed(
        linux(), container=Container(runtime="docker"), python=root, storage=storage, programs={}
    )


def laptop_without_gpu() -> Machine:
    intel = Gpu(
        vendor="intel", index=0, source=SOURCE, integrated=True, pci_id="8086:46a6",
        kernel_driver="i915",
    )  # fmt: skip
    frugal = cores(
        16, model="12th Gen Intel(R) Core(TM) i7-1260P", isa=("avx", "avx2", "fma"),
        frequency_driver="intel_pstate", frequency_governor="powersave",
    )  # fmt: skip
    few = {**value(linux().limits), "nofile": 1024}
    return with_torch(changed(linux(), gpus=(intel,), cpu=frugal, limits=few), "2.13.0+cpu")


def gaming_desktop() -> Machine:
    card = nvidia("NVIDIA GeForce RTX 4090", "8.9", memory_total_bytes=24 * GIB)
    awake = replace(card[0], health=replace(card[0].health or GpuHealth(), persistence=False))
    return with_torch(linux_with((awake,), driver("580.95.05", "13.0")), "2.13.0+cu130")


def hybrid_laptop() -> Machine:
    inner = Gpu(vendor="intel", index=0, source=SOURCE, integrated=True, kernel_driver="i915")
    card = nvidia("NVIDIA GeForce RTX 4060 Laptop GPU", "8.9", memory_total_bytes=8 * GIB)
    machine = with_torch(linux_with(card, driver("570.195.03", "12.8")), "2.13.0+cu128")
    return changed(machine, gpus=(inner, *card))


def laptop_whose_nvidia_gpu_sleeps_beside_a_cpu_build() -> Machine:
    card = nvidia("NVIDIA GeForce MX450", "7.5", memory_total_bytes=2 * GIB)
    machine = linux_with(card, driver("535.274.02", "12.2"))
    return with_torch(machine, "2.13.0+cu126")


def blackwell_desktop() -> Machine:
    card = nvidia("NVIDIA GeForce RTX 5090", "12.0", memory_total_bytes=32 * GIB)
    return with_torch(linux_with(card, driver("580.95.05", "13.0")), "2.13.0+cu130")


def hgx_h100() -> Machine:
    gpus = nvidia("NVIDIA H100 80GB HBM3", "9.0", count=8, iommu_domain="identity", mig=False)
    ports = tuple(
        RdmaPort(device=f"mlx5_{i}", port=1, active=True, openable=True) for i in range(8)
    )
    machine = linux_with(
        gpus,
        driver("570.195.03", "12.8", gpus=8, modules=known(("nvidia", "nvidia_uvm", "nvidia_peermem"))),
        rdma_ports=ports,
        cpu=cores(224, model="Intel(R) Xeon(R) Platinum 8480C", sockets=2, numa_nodes=2),
        limits={**value(linux().limits), "memlock_bytes": -1},
    )  # fmt: skip
    return with_torch(machine, "2.13.0+cu128")


def slurm_job_on_two_of_eight_gpus() -> Machine:
    machine = hgx_h100()
    mine = value(machine.gpus)[:2]
    variables = {
        "SLURM_JOB_ID": "4711",
        "CUDA_VISIBLE_DEVICES": "0,1",
        "OMP_NUM_THREADS": "16",
        "WORLD_SIZE": "2",
        "RANK": "0",
        "LOCAL_RANK": "0",
        "MASTER_ADDR": "node17",
        "MASTER_PORT": "29500",
        "NCCL_SOCKET_IFNAME": "^docker0,lo",
        "NCCL_IB_HCA": "mlx5",
    }
    launch = Launch(
        host_name="own", master="own", master_is_ipv6=False, has_ipv6=True, port_taken=True,
        launcher="srun", interactive=False,
    )  # fmt: skip
    held = {**nodes(8), **{f"/dev/nvidia{i}": False for i in range(2, 8)}}
    limited = Memory(
        total_bytes=2048 * GIB, available_bytes=1900 * GIB, cgroup_limit_bytes=256 * GIB
    )
    return changed(
        machine,
        gpus=mine,
        environment={**value(linux().environment), **variables},
        launch=launch,
        device_access=held,
        cpu=cores(224, affinity_cores=32, usable_cores=32.0, sockets=2, numa_nodes=2),
        memory=limited,
        storage=places(environment="nfs4", home="nfs4"),
    )


def kubernetes_pod_with_a_mig_slice() -> Machine:
    gpu = nvidia(
        "NVIDIA A100-SXM4-80GB", "8.0", mig=True, mig_instances=1, memory_total_bytes=80 * GIB,
        memory_used_bytes=None,
    )  # fmt: skip
    machine = linux_with(
        gpu,
        driver("550.163.01", "12.4", modules=known(("nvidia", "nvidia_uvm"))),
        container=Container(runtime="kubernetes", numa_refused=True),
        cpu=cores(96, quota_cores=60.0, usable_cores=60.0),
        memory=Memory(total_bytes=512 * GIB, available_bytes=60 * GIB, cgroup_limit_bytes=64 * GIB),
        environment={"NVIDIA_VISIBLE_DEVICES": "MIG-aaaa", "KUBERNETES_SERVICE_HOST": "10.0.0.1"},
        storage=places(environment="overlay", tmp="overlay"),
        python=replace(value(linux().python), as_root=True),
    )
    return with_torch(machine, "2.13.0+cu126")


def docker_with_gpus_and_shared_memory() -> Machine:
    machine = linux_with(
        nvidia("NVIDIA L40S", "8.9"),
        driver("580.95.05", "13.0", nvidia_smi=known("/usr/bin/nvidia-smi")),
        container=Container(runtime="docker"),
        environment={
            "NVIDIA_VISIBLE_DEVICES": "all",
            "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
            "LD_LIBRARY_PATH": "/usr/local/nvidia/lib:/usr/local/nvidia/lib64",
        },
        python=replace(value(linux().python), as_root=True),
        interfaces=("lo", "eth0"),
    )
    return with_torch(machine, "2.13.0+cu130")


def apptainer_on_a_cluster() -> Machine:
    machine = linux_with(
        nvidia("NVIDIA A100-PCIE-40GB", "8.0"),
        driver("535.274.02", "12.2"),
        container=Container(runtime="apptainer"),
        storage=places(environment="squashfs", home="lustre"),
    )
    unchangeable = tuple(
        replace(p, writable=False) if p.role == "environment" else p for p in value(machine.storage)
    )
    return with_torch(changed(machine, storage=unchangeable), "2.13.0+cu126")


def cloud_machine_with_one_t4() -> Machine:
    machine = linux_with(
        nvidia("Tesla T4", "7.5", memory_total_bytes=16 * GIB),
        driver("535.274.02", "12.2", flavour="proprietary"),
        cpu=cores(4, frequency_driver=None, frequency_governor=None, model="Intel(R) Xeon(R)"),
        secure_boot=False,
    )
    return with_torch(machine, "2.13.0+cu126")


def notebook_of_a_cloud() -> Machine:
    """As Colab has it: root in a container, the driver's libraries in a folder of their own."""
    machine = cloud_machine_with_one_t4()
    return changed(
        machine,
        container=Container(runtime="docker"),
        python=replace(value(machine.python), as_root=True, in_venv=False, prefix="/usr"),
        environment={
            "LD_LIBRARY_PATH": "/usr/lib64-nvidia",
            "NVIDIA_VISIBLE_DEVICES": "all",
            "LIBRARY_PATH": "/usr/local/cuda/lib64/stubs",
        },
        cuda_toolkit="12.6",
        storage=places(environment="overlay", tmp="overlay", home="overlay"),
    )


def virtual_gpu() -> Machine:
    gpu = nvidia("NVIDIA A40-12Q", "8.6", memory_total_bytes=12 * GIB)
    silent = replace(gpu[0], health=None, kernel_driver="nvidia")
    return with_torch(linux_with((silent,), driver("550.163.01", "12.4")), "2.13.0+cu126")


def v100_server() -> Machine:
    gpus = nvidia("Tesla V100-SXM2-32GB", "7.0", count=4, memory_total_bytes=32 * GIB)
    return with_torch(
        linux_with(gpus, driver("570.195.03", "12.8", gpus=4, flavour="proprietary")),
        "2.13.0+cu126",
    )


def grace_hopper() -> Machine:
    machine = linux_with(
        nvidia("NVIDIA GH200 480GB", "9.0", memory_total_bytes=96 * GIB),
        driver("580.95.05", "13.0"),
        arch="aarch64",
        cpu=cores(72, model="Neoverse-V2", isa=("neon", "sve", "bf16"), numa_nodes=9),
        python=replace(value(linux().python), machine="aarch64", platform_tag="linux_aarch64"),
        kernel="6.8.0-1044-nvidia-64k",
    )
    return with_torch(machine, "2.13.0+cu130")


def conda_environment() -> Machine:
    machine = gaming_desktop()
    python = replace(
        value(machine.python),
        conda_prefix="/home/ada/miniforge3/envs/pt",
        prefix="/home/ada/miniforge3/envs/pt",
        base_prefix="/home/ada/miniforge3/envs/pt",
        in_venv=False,
    )
    forge = tuple(replace(p, manager="conda") for p in distributions(pytorch="2.8.0"))
    torch = TorchInstall(
        version="2.8.0", build="cu129", cuda="12.9", location=f"{SITE}/torch", shm_manager=True,
        metadata_version="2.8.0", official=False, arch_list=known(("sm_80", "sm_86", "sm_89", "sm_90")),
    )  # fmt: skip
    return changed(
        machine,
        python=python,
        packages=forge,
        torch=torch,
        environment={"CONDA_PREFIX": "/home/ada/miniforge3/envs/pt", "CONDA_DEFAULT_ENV": "pt"},
    )


def system_python_of_debian_without_torch() -> Machine:
    python = replace(
        value(linux().python),
        executable="/usr/bin/python3", prefix="/usr", base_prefix="/usr", in_venv=False,
        externally_managed=True, user_site_enabled=True, user_site="/home/ada/.local/lib/x",
        has_headers=False, pip_version=None,
    )  # fmt: skip
    return changed(linux(), python=python)


def rocm_server() -> Machine:
    gpus = tuple(
        Gpu(
            vendor="amd", index=i, source=SOURCE, name="AMD Instinct MI300X", gfx="gfx942",
            integrated=False, kernel_driver="amdgpu", iommu_domain="identity",
            compute_partition="SPX", memory_total_bytes=192 * GIB,
        )
        for i in range(8)
    )  # fmt: skip
    machine = changed(
        linux(),
        gpus=gpus,
        rocm="7.2.0",
        device_access={"/dev/kfd": True, "/dev/dri/renderD128": True},
    )
    targets = ("gfx90a", "gfx942", "gfx950", "gfx1100", "gfx1101", "gfx1200", "gfx1201")
    machine = with_torch(
        machine, "2.13.0+rocm7.2", hip="7.2.53211", cuda_available=True, arch_list=targets
    )
    torch = replace(value(machine.torch), hip="7.2.53211", arch_list=known(targets))
    triton = Package(name="triton-rocm", version="3.7.0", location=SITE)
    return changed(machine, torch=torch, packages=(*value(machine.packages), triton))


def arc_desktop() -> Machine:
    arc = Gpu(
        vendor="intel", index=0, source=SOURCE, name="Intel(R) Arc(TM) B580 Graphics",
        pci_id="8086:e20b", kernel_driver="xe", integrated=False,
    )  # fmt: skip
    machine = changed(
        linux(), gpus=(arc,), level_zero="/usr/lib/x86_64-linux-gnu/libze_loader.so.1",
        device_access={"/dev/dri/renderD128": True},
    )  # fmt: skip
    return with_torch(machine, "2.13.0+xpu", xpu_available=True)


def wsl2() -> Machine:
    gpu = nvidia("NVIDIA GeForce RTX 3080", "8.6", memory_total_bytes=10 * GIB, kernel_driver=None)
    told = driver("581.57", "13.0", flavour=None, device_nodes=Absent(), modules=known(()))
    machine = linux_with(
        gpu, told, wsl=Wsl(version=2, kernel="6.6.87.2-microsoft-standard-WSL2"),
        kernel="6.6.87.2-microsoft-standard-WSL2", device_access={"/dev/dxg": True},
        memory=Memory(total_bytes=32 * GIB, available_bytes=28 * GIB, swap_total_bytes=8 * GIB),
    )  # fmt: skip
    return with_torch(machine, "2.13.0+cu130")


def windows(**more: Any) -> Machine:
    base = changed(
        linux(),
        os="windows",
        os_version="Windows-11-10.0.26100-SP0",
        kernel=Absent(),
        libc=Absent(),
        secure_boot=Absent(),
        limits=Absent(),
        interfaces=Absent(),
        programs={},
        cpu=cores(24, frequency_driver=None, frequency_governor=None),
        windows=Windows(
            long_paths=False, vc_runtime="14.44.35211", commit_available_bytes=40 * GIB,
            embedded_python=False,
        ),
        python=replace(
            value(linux().python),
            executable="C:\\Users\\ada\\venv\\Scripts\\python.exe", platform_tag="win_amd64",
            prefix="C:\\Users\\ada\\venv", base_prefix="C:\\Python312", machine="AMD64",
            site_packages=("C:\\Users\\ada\\venv\\Lib\\site-packages",),
        ),
        environment={"CUDA_PATH": "C:\\Program Files\\NVIDIA GPU Computing Toolkit\\CUDA\\v12.8"},
    )  # fmt: skip
    return changed(base, **more)


def windows_laptop() -> Machine:
    gpu = nvidia(
        "NVIDIA GeForce RTX 4070 Laptop GPU", "8.9", driver_model="WDDM", kernel_driver=None
    )
    told = driver("581.57", "13.0", flavour=None, device_nodes=Absent(), modules=Absent())
    return with_torch(windows(gpus=gpu, nvidia_driver=told, device_access={}), "2.13.0+cu130")


def windows_workstation() -> Machine:
    gpu = nvidia("NVIDIA RTX A6000", "8.6", driver_model="TCC", kernel_driver=None)
    told = driver("573.96", "12.8", flavour=None, device_nodes=Absent(), modules=Absent())
    return with_torch(windows(gpus=gpu, nvidia_driver=told, device_access={}), "2.13.0+cu128")


def windows_without_gpu() -> Machine:
    return with_torch(windows(), "2.13.0+cpu")


def mac(arch: str = "arm64", **more: Any) -> Machine:
    base = changed(
        linux(),
        os="macos",
        os_version="macOS-26.1-arm64-arm-64bit",
        macos_version="26.1",
        kernel="25.1.0",
        arch=arch,
        libc=Absent(),
        secure_boot=Absent(),
        interfaces=("lo0", "en0"),
        limits={"nofile": 256, "nproc": 4000, "memlock_bytes": -1, "address_space_bytes": -1},
        cpu=cores(12, model="Apple M4 Pro", isa=("neon", "bf16"), frequency_driver=None, frequency_governor=None),
        storage=tuple(replace(p, kind="apfs") for p in places() if p.role != "shm"),
        programs={"clang": "/usr/bin/clang"},
        python=replace(value(linux().python), machine=arch, platform_tag=f"macosx_14_0_{arch}"),
    )  # fmt: skip
    return changed(base, **more)


def apple_silicon() -> Machine:
    gpu = Gpu(vendor="apple", index=0, source=SOURCE, name="Apple M4 Pro", integrated=True)
    machine = mac(gpus=(gpu,))
    told = {"mps_available": True, "mps_built": True, "cuda_available": False}
    machine = with_torch(machine, "2.13.0", **told)
    return changed(machine, torch=replace(value(machine.torch), build="mps"))


def two_generations_in_one_machine() -> Machine:
    """Served alike by one build: a note on their order and their speed is all that may come."""
    old, new = (
        nvidia("NVIDIA GeForce RTX 3090", "8.6")[0],
        nvidia("NVIDIA GeForce RTX 4090", "8.9")[0],
    )
    both = (old, replace(new, index=1, uuid="GPU-00000009", pci_address="0000:41:00.0"))
    return with_torch(linux_with(both, driver("580.95.05", "13.0", gpus=2)), "2.13.0+cu130")


def busy_training_server() -> Machine:
    """In full use: hot, at its power cap, its memory taken by this user's own run."""
    machine = v100_server()
    at_work = tuple(
        replace(
            g,
            memory_used_bytes=20 * GIB,
            health=replace(
                g.health or GpuHealth(), temperature_celsius=71, throttle_reasons=("sw_power_cap",), pcie_gen=3,
                pcie_gen_max=3,
            ),
        )
        for g in value(machine.gpus)
    )  # fmt: skip
    return changed(machine, gpus=at_work)


MACHINES: tuple[Callable[[], Machine], ...] = (
    container_image_with_python_alone,
    laptop_without_gpu,
    gaming_desktop,
    hybrid_laptop,
    laptop_whose_nvidia_gpu_sleeps_beside_a_cpu_build,
    blackwell_desktop,
    hgx_h100,
    slurm_job_on_two_of_eight_gpus,
    kubernetes_pod_with_a_mig_slice,
    docker_with_gpus_and_shared_memory,
    apptainer_on_a_cluster,
    cloud_machine_with_one_t4,
    notebook_of_a_cloud,
    virtual_gpu,
    v100_server,
    grace_hopper,
    conda_environment,
    system_python_of_debian_without_torch,
    rocm_server,
    arc_desktop,
    wsl2,
    windows_laptop,
    windows_workstation,
    windows_without_gpu,
    apple_silicon,
    two_generations_in_one_machine,
    busy_training_server,
)


@pytest.mark.parametrize("made", MACHINES, ids=lambda one: one.__name__)
def test_nothing_above_a_note_is_said_of_a_machine_that_is_well(
    made: Callable[[], Machine],
) -> None:
    findings, _ = find(made(), load())

    assert [(f.code, f.message) for f in findings if f.severity != "note"] == []


def untold(machine: Machine) -> Iterator[str]:
    for one in fields(machine):
        fact = getattr(machine, one.name)
        if isinstance(fact, Unreadable):
            yield one.name


@pytest.mark.parametrize("made", MACHINES, ids=lambda one: one.__name__)
def test_such_a_machine_is_told_in_full_so_that_the_rules_really_decide(
    made: Callable[[], Machine],
) -> None:
    machine = made()
    _, undecided = find(machine, load())

    assert list(untold(machine)) == []
    assert len(undecided) <= 3, [(u.code, u.reason) for u in undecided]
