"""What the kernel tells of firmware, driver modules, the IOMMU, RDMA, frequencies and NUMA: on made-up trees."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest

from envsetup.host import LocalHost
from envsetup.host.questions import NUMA_POLICY
from envsetup.model import Absent, Known, RdmaPort
from envsetup.probes import container, cpu, gpus, limits, network, os_
from envsetup.testing import value
from tests.probes.test_made_up_machines import Machine, Put, display

ADDRESS = "0000:01:00.0"
DEVICE = f"/sys/bus/pci/devices/{ADDRESS}"
VARIABLE = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"


@pytest.mark.parametrize(("byte", "on"), [("\x01", True), ("\x00", False)])
def test_secure_boot_by_the_firmwares_variable(root: Path, put: Put, byte: str, on: bool) -> None:
    put(VARIABLE, "\x06\x00\x00\x00" + byte)
    assert value(os_.probe(Machine(root))["secure_boot"]) is on


def test_without_the_firmwares_variable_nothing_is_said(root: Path) -> None:
    assert isinstance(os_.probe(Machine(root))["secure_boot"], Absent)


def test_the_iommus_domain_belongs_to_the_gpu(root: Path, put: Put) -> None:
    display(put, ADDRESS, "0x10de", "0x2330")
    put(f"{DEVICE}/iommu_group/type", "DMA-FQ\n")
    (gpu,) = value(gpus.probe(Machine(root))["gpus"])
    assert gpu.iommu_domain == "DMA-FQ"


def test_the_partition_of_an_amd_gpu(root: Path, put: Put) -> None:
    display(put, ADDRESS, "0x1002", "0x74a1", "0x120000")
    put(f"{DEVICE}/current_compute_partition", "CPX\n")
    (gpu,) = value(gpus.probe(Machine(root))["gpus"])
    assert gpu.compute_partition == "CPX"


def test_kernels_with_a_module_of_nvidias(root: Path, put: Put, tmp_path: Path) -> None:
    display(put, ADDRESS, "0x10de", "0x2684")
    modules = {
        "6.8.0-40": "kernel/nvidia-570/nvidia.ko.zst: kernel/drivers/video.ko",
        "6.8.0-45": "kernel/drivers/i2c/i2c-nvidia-gpu.ko:\nkernel/fs/ext4.ko:",
        "6.5.0-1": "updates/dkms/nvidia.ko:",
    }
    for release, text in modules.items():
        put(f"/lib/modules/{release}/modules.dep", text + "\n")
    told = {"nvml": {"error": "Driver Not Loaded", "code": 9}}
    host = Machine(root, nvml=told)
    host.which = lambda program: "/usr/bin/nvidia-smi" if program == "nvidia-smi" else None  # type: ignore[method-assign]
    driver = value(gpus.probe(host)["nvidia_driver"])
    assert value(driver.built_for) == ("6.5.0-1", "6.8.0-40")


def test_two_versions_of_libcuda_in_one_folder(root: Path, put: Put) -> None:
    put("/sys/module/nvidia/version", "580.95.05\n")
    folder = "/usr/lib/x86_64-linux-gnu"
    put(f"{folder}/libcuda.so.580.95.05", "")
    put("/usr/lib/i386-linux-gnu/libcuda.so.570.133.07", "")
    host = Machine(root, nvml={"nvml": {"driver": "580.95.05"}})
    one = value(gpus.probe(host)["nvidia_driver"])
    put(f"{folder}/libcuda.so.570.133.07", "")
    two = value(gpus.probe(host)["nvidia_driver"])
    assert isinstance(one.libraries, Absent)
    assert value(two.libraries) == ("570.133.07", "580.95.05")


def test_ports_for_rdma_and_who_may_open_them(root: Path, put: Put) -> None:
    put("/sys/class/infiniband/mlx5_0/ports/1/state", "4: ACTIVE\n")
    put("/sys/class/infiniband/mlx5_1/ports/1/state", "1: DOWN\n")
    put("/sys/class/infiniband_verbs/uverbs0/ibdev", "mlx5_0\n")
    ports = value(network.probe(Machine(root, openable=True))["rdma_ports"])
    assert ports == (
        RdmaPort(device="mlx5_0", port=1, active=True, openable=True),
        RdmaPort(device="mlx5_1", port=1, active=False, openable=False),
    )


def test_most_machines_have_no_rdma(root: Path) -> None:
    assert isinstance(network.probe(Machine(root))["rdma_ports"], Absent)


def test_frequencies_and_numa_nodes(root: Path, put: Put) -> None:
    put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver", "acpi-cpufreq\n")
    put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n")
    for node in ("node0", "node1"):
        put(f"/sys/devices/system/node/{node}/cpulist", "0-7\n")
    put("/sys/devices/system/node/online", "0-1\n")
    told = value(cpu.probe(Machine(root))["cpu"])
    assert (told.frequency_driver, told.frequency_governor) == ("acpi-cpufreq", "powersave")
    assert told.numa_nodes == 2


def test_the_kernels_way_with_memory(root: Path, put: Put) -> None:
    put("/proc/sys/vm/overcommit_memory", "2\n")
    told = value(limits.probe(Machine(root, limits={"nofile": 1024}))["limits"])
    assert told == {"nofile": 1024, "overcommit_memory": 2}


@pytest.mark.parametrize(("error", "refused"), [("EPERM", True), ("", False)])
def test_a_container_may_forbid_numa_policies(
    root: Path, put: Put, error: str, refused: bool
) -> None:
    put("/.dockerenv", "")
    found = container.probe(Machine(root, numa_policy=error))["container"]
    assert value(found).numa_refused is refused


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"),
    reason="the number of the system call is known for Linux on two processors",
)
def test_the_real_kernel_answers() -> None:
    answer = LocalHost().ask(NUMA_POLICY)
    assert isinstance(answer, Known)
    assert answer.value in ("", "EPERM", "ENOSYS")
