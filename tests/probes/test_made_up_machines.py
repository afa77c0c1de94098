"""Real readers on made-up trees: what is there, what is absent, what can't be read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from envsetup.host import Completed, LocalHost
from envsetup.model import Absent, Known, Python, Unreadable
from envsetup.probes import container, cpu, environment, gpus, memory, nvidia, os_, packages, torch_
from envsetup.probes.amd import gfx_name
from envsetup.testing import known, value

Put = Callable[[str, str], None]


class Machine(LocalHost):
    """A made-up machine: its files below a root, its calls and programs as given."""

    def __init__(self, root: Path, **answers: object) -> None:
        super().__init__(str(root), environ={"PATH": ""})
        self.os_name = "linux"
        self.answers = answers

    def call(self, name: str) -> Known[str] | Absent | Unreadable:
        import json

        head = name.partition(":")[0].replace("-", "_")
        if head in self.answers:
            return known(json.dumps(self.answers[head]))
        return Absent()


def uname(release: str = "6.1.0", machine: str = "x86_64") -> dict[str, str]:
    return {"system": "Linux", "release": release, "machine": machine}


def test_wsl2_by_its_kernel(root: Path) -> None:
    facts = os_.probe(Machine(root, uname=uname("5.15.167.4-microsoft-standard-WSL2")))
    assert value(facts["wsl"]).version == 2


def test_wsl1_by_its_made_up_kernel(root: Path) -> None:
    facts = os_.probe(Machine(root, uname=uname("4.4.0-19041-Microsoft")))
    assert value(facts["wsl"]).version == 1


def test_gvisor_is_no_wsl(root: Path) -> None:
    assert isinstance(os_.probe(Machine(root, uname=uname("4.4.0")))["wsl"], Absent)


def test_a_jetson_tells_its_release(root: Path, put: Put) -> None:
    put("/etc/nv_tegra_release", "# R36 (release), REVISION: 4.0, GCID: 1")
    assert value(os_.probe(Machine(root, uname=uname(machine="aarch64")))["tegra"]) == "R36.4.0"


def test_a_quota_counts_as_cores(root: Path, put: Put) -> None:
    put("/sys/fs/cgroup/cpu.max", "150000 100000\n")
    put("/proc/cpuinfo", "model name : Made Up\nflags : fpu avx avx2 avx512f amx_tile\n")
    told = value(cpu.probe(Machine(root, cores={"logical": 64, "affinity": 64}))["cpu"])
    assert told.usable_cores == 1.5
    assert told.isa == ("avx", "avx2", "avx512f", "amx_tile")


def test_no_quota_is_no_limit(root: Path, put: Put) -> None:
    put("/sys/fs/cgroup/cpu.max", "max 100000\n")
    told = value(cpu.probe(Machine(root, cores={"logical": 8, "affinity": 4}))["cpu"])
    assert (told.quota_cores, told.usable_cores) == (None, 4.0)


def test_the_cgroup_limits_memory(root: Path, put: Put) -> None:
    put("/proc/meminfo", "MemTotal: 16384 kB\nMemAvailable: 8192 kB\nSwapTotal: 0 kB\n")
    put("/sys/fs/cgroup/memory.max", "1048576\n")
    told = value(memory.probe(Machine(root))["memory"])
    assert (told.total_bytes, told.cgroup_limit_bytes) == (16384 * 1024, 1048576)


def test_docker_leaves_its_mark(root: Path, put: Put) -> None:
    assert isinstance(container.probe(Machine(root))["container"], Absent)
    put("/.dockerenv", "")
    assert value(container.probe(Machine(root))["container"]).runtime == "docker"


def test_credentials_are_never_read() -> None:
    host = LocalHost(
        environ={
            "HF_TOKEN": "hf_secret",
            "PIP_INDEX_URL": "https://me:pw@example.org/simple",
            "CUDA_VISIBLE_DEVICES": "0",
            "HOME": "/home/somebody",
        }
    )
    told = value(environment.probe(host)["environment"])
    assert told == {"CUDA_VISIBLE_DEVICES": "0", "PIP_INDEX_URL": "https://example.org/simple"}


# -- GPUs ----------------------------------------------------------------------------------------


def display(put: Put, address: str, vendor: str, device: str, kind: str = "0x030000") -> None:
    for name, text in (("vendor", vendor), ("device", device), ("class", kind)):
        put(f"/sys/bus/pci/devices/{address}/{name}", text + "\n")


def test_a_gpu_without_driver_is_on_the_bus(root: Path, put: Put) -> None:
    display(put, "0000:01:00.0", "0x10de", "0x2684")
    facts = gpus.probe(Machine(root))
    (gpu,) = value(facts["gpus"])
    assert (gpu.vendor, gpu.pci_id, gpu.kernel_driver) == ("nvidia", "10de:2684", None)
    assert isinstance(facts["nvidia_driver"], Absent)


def test_no_gpu_is_absent_and_an_unreadable_bus_is_not(
    root: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(gpus.probe(Machine(root))["gpus"], Absent)

    def refuse(_: object) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", refuse)
    assert isinstance(gpus.probe(Machine(root))["gpus"], Unreadable)


def test_nvml_and_the_bus_are_one_gpu(root: Path, put: Put) -> None:
    display(put, "0000:01:00.0", "0x10de", "0x2330")
    put("/sys/module/nvidia/version", "580.95.05\n")
    row = {
        "index": 0,
        "name": "NVIDIA H100",
        "compute_capability": "9.0",
        "pci_address": "00000000:01:00.0",
    }
    told = {"nvml": {"driver": "580.95.05", "gpus": [row]}, "libcuda": {"version": "13.0"}}
    facts = gpus.probe(Machine(root, nvml=told))
    (gpu,) = value(facts["gpus"])
    assert (gpu.compute_capability, gpu.pci_id) == ("9.0", "10de:2330")
    driver = value(facts["nvidia_driver"])
    assert (value(driver.version), value(driver.cuda_version)) == ("580.95.05", "13.0")


def test_a_failing_nvml_keeps_its_words(root: Path, put: Put) -> None:
    put("/sys/module/nvidia/version", "550.54.14\n")
    told = {"nvml": {"error": "Driver/library version mismatch", "code": 18}, "libcuda": {}}
    driver = value(gpus.probe(Machine(root, nvml=told))["nvidia_driver"])
    assert isinstance(driver.nvml, Unreadable)
    assert driver.nvml.error == "Driver/library version mismatch"
    assert value(driver.version) == "550.54.14"


@pytest.mark.parametrize(
    ("line", "version"),
    [
        (
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024",
            "535.183.01",
        ),
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build",
            "570.86.15",
        ),
        ("garbage", None),
    ],
)
def test_the_module_line_of_both_flavours(line: str, version: str | None) -> None:
    assert nvidia.proc_version(line + "\n") == version


SMI_ROW = "0, NVIDIA A100, GPU-1, 00000000:01:00.0, 535.183.01, 8.0, 81920\n"


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (Completed(argv=("x",), returncode=None, timed_out=True), "did not answer"),
        (
            Completed(argv=("x",), returncode=None, timed_out=True, abandoned=True),
            "could not be killed",
        ),
        (
            Completed(
                argv=("x",),
                returncode=9,
                stdout="NVIDIA-SMI has failed because it couldn't communicate",
            ),
            "exit 9",
        ),
        (Completed(argv=("x",), returncode=0, stdout="\x00\x01 garbage"), "unreadable output"),
        (Completed(argv=("x",), returncode=None, error="Permission denied"), "Permission denied"),
    ],
)
def test_nvidia_smi_fails_in_ways_that_stay_apart(
    root: Path, monkeypatch: pytest.MonkeyPatch, done: Completed, words: str
) -> None:
    host = Machine(root, nvml={"nvml": {"error": "Unknown Error"}})
    monkeypatch.setattr(
        host, "which", lambda name: "/bin/nvidia-smi" if name == "nvidia-smi" else None
    )
    monkeypatch.setattr(host, "run", lambda *_, **__: done)
    driver = value(gpus.probe(host)["nvidia_driver"])
    assert isinstance(driver.nvidia_smi, Unreadable)
    assert words in driver.nvidia_smi.error


def test_nvidia_smi_speaks_where_nothing_else_does(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Machine(root, nvml={"nvml": {"error": "Unknown Error"}})
    monkeypatch.setattr(
        host, "which", lambda name: "/bin/nvidia-smi" if name == "nvidia-smi" else None
    )
    monkeypatch.setattr(
        host, "run", lambda *_, **__: Completed(argv=("x",), returncode=0, stdout=SMI_ROW)
    )
    facts = gpus.probe(host)
    assert value(facts["gpus"])[0].compute_capability == "8.0"
    assert value(value(facts["nvidia_driver"]).version) == "535.183.01"


@pytest.mark.parametrize(
    ("target", "gfx"),
    [(110000, "gfx1100"), (90010, "gfx90a"), (90402, "gfx942"), (100302, "gfx1032"), (0, None)],
)
def test_gfx_by_the_kernels_number(target: int, gfx: str | None) -> None:
    assert gfx_name(target) == gfx


def test_amd_by_topology_alone(root: Path, put: Put) -> None:
    nodes = "/sys/class/kfd/kfd/topology/nodes"
    put(f"{nodes}/0/properties", "gfx_target_version 0\n")
    put(
        f"{nodes}/1/properties",
        "gfx_target_version 110000\nlocation_id 768\ndomain 0\ndevice_id 29772\n",
    )
    display(put, "0000:03:00.0", "0x1002", "0x744c")
    (gpu,) = value(gpus.probe(Machine(root))["gpus"])
    assert (gpu.gfx, gpu.pci_id, gpu.pci_address) == ("gfx1100", "1002:744c", "0000:03:00.0")


# -- the target's packages -----------------------------------------------------------------------


def interpreter(folder: Path) -> Known[Python]:
    python = Python(executable="python", version="3.12.1", site_packages=(str(folder),))
    return known(python)


def install(folder: Path, build: str = "cpu", cut: bool = False) -> None:
    torch = folder / "torch"
    (torch / "lib").mkdir(parents=True)
    (torch / "version.py").write_text(
        f"__version__ = '2.13.0+{build}'\ndebug = False\ncuda: str | None = None\n"
    )
    (torch / "lib" / "libtorch_cpu.so").write_bytes(b"x" * (10 if cut else 100))
    info = folder / "torch-2.13.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Name: torch\nVersion: 2.13.0\nRequires-Dist: sympy\n\nRequires-Dist: not me\n"
    )
    (info / "WHEEL").write_text("Tag: cp312-cp312-manylinux_2_28_x86_64\n")
    (info / "RECORD").write_text(
        "torch/version.py,sha256=x,1\ntorch/lib/libtorch_cpu.so,sha256=x,100\n"
    )


def test_torch_by_its_files(tmp_path: Path) -> None:
    install(tmp_path, "cu126")
    python, host = interpreter(tmp_path), LocalHost()
    found = packages.read(host, python)
    assert value(found)[0].requires == ("sympy",)
    torch = value(torch_.read(host, python, found))
    assert (torch.version, torch.build, torch.broken_files) == ("2.13.0+cu126", "cu126", ())


def test_a_library_cut_short_is_named_with_both_sizes(tmp_path: Path) -> None:
    install(tmp_path, cut=True)
    python, host = interpreter(tmp_path), LocalHost()
    torch = value(torch_.read(host, python, packages.read(host, python)))
    assert torch.broken_files == ("torch/lib/libtorch_cpu.so has 10 bytes, 100 recorded",)


@pytest.mark.parametrize("namesake", ["torch.py", "torch/__init__.py"])
def test_a_namesake_before_torch_is_named(tmp_path: Path, namesake: str) -> None:
    real, before = tmp_path / "site", tmp_path / "before"
    real.mkdir()
    install(real)
    (before / namesake).parent.mkdir(parents=True)
    (before / namesake).write_text("")
    found = interpreter(real)
    python = replace(found, value=replace(found.value, sys_path=(str(before), str(real))))
    torch = value(torch_.read(LocalHost(), python, packages.read(LocalHost(), python)))
    assert torch.hidden_by == str(before / namesake)


def test_a_namesake_behind_torch_hides_nothing(tmp_path: Path) -> None:
    real, behind = tmp_path / "site", tmp_path / "behind"
    real.mkdir()
    behind.mkdir()
    install(real)
    (behind / "torch.py").write_text("")
    found = interpreter(real)
    python = replace(found, value=replace(found.value, sys_path=(str(real), str(behind))))
    torch = value(torch_.read(LocalHost(), python, packages.read(LocalHost(), python)))
    assert torch.hidden_by is None


def test_no_torch_is_absent_with_what_was_tried(tmp_path: Path) -> None:
    python = interpreter(tmp_path)
    fact = torch_.read(LocalHost(), python, packages.read(LocalHost(), python))
    assert isinstance(fact, Absent)
    assert fact.tried[0].ref.endswith("torch/version.py")


def test_a_version_file_of_nonsense_is_unreadable(tmp_path: Path) -> None:
    install(tmp_path)
    (tmp_path / "torch" / "version.py").write_text("\x00(((")
    python = interpreter(tmp_path)
    fact = torch_.read(LocalHost(), python, packages.read(LocalHost(), python))
    assert isinstance(fact, Unreadable)


@pytest.mark.parametrize(
    "error", ["NVML did not answer within 6 s", "NVML ended its process (signal 11)"]
)
def test_a_silent_driver_is_no_proof_that_there_is_no_gpu(root: Path, put: Put, error: str) -> None:
    put("/sys/module/nvidia/version", "550.54.14\n")
    facts = gpus.probe(Machine(root, nvml={"nvml": {"error": error, "hung": True}}))
    assert isinstance(facts["gpus"], Unreadable)
    assert facts["gpus"].error == error


def test_an_unofficial_build_tells_its_architectures_by_its_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    install(tmp_path)
    (tmp_path / "torch" / "version.py").write_text(
        "__version__ = '2.13.0a0+git1234'\ncuda: str | None = '12.8'\n"
    )
    library = tmp_path / "torch" / "lib" / "libtorch_cuda.so"
    library.write_bytes(
        b"x" * 5000 + b"\x00sm_90\x00" + b"y" * 9000 + b"\x00sm_75 sm_80 compute_120\x00tail"
    )
    python, host = interpreter(tmp_path), LocalHost()
    for _ in range(2):  # the second look comes from the cache
        torch = value(torch_.read(host, python, packages.read(host, python)))
        assert value(torch.arch_list) == ("sm_75", "sm_80", "compute_120")
    assert list((tmp_path / "cache").rglob("archs-*.json"))
