"""Rules about the kernel, its driver modules, the IOMMU and RDMA: each fault, and a machine nearly without it."""

from __future__ import annotations

from typing import Any

import pytest

from envsetup.model import Absent, Container, Gpu, RdmaPort, Vendor
from envsetup.testing import driver, gpu, machine
from tests.rules_core.test_other_rules import codes, cpu, env

KERNEL = "6.8.0-45-generic"
OLDER = "6.8.0-40-generic"


def bare(index: int = 0, **more: Any) -> Gpu:
    """On the bus, and no module bound to it."""
    return gpu(index=index, pci_id="10de:2684", **more)


def unloaded(*built_for: str, **more: Any) -> dict[str, Any]:
    """A driver of which only programs and, for some kernels, modules are there."""
    told = driver(Absent(), nvml=Absent(), modules=(), built_for=built_for)
    facts = {"gpus": (bare(),), "kernel": KERNEL, "nvidia_driver": told}
    return {**facts, "torch_runtime": Absent(), **more}


def loaded(**more: Any) -> dict[str, Any]:
    fields = {"version": "580.95.05", "cuda_version": "13.0", "nvml": "ok"}
    return {"nvidia_driver": driver(**{**fields, **more})}


def behind(domain: str | None, *, vendor: Vendor = "nvidia", count: int = 2) -> dict[str, Any]:
    cards = [
        gpu(
            vendor,
            i,
            name="NVIDIA A100",
            compute_capability="8.0",
            gfx="gfx942" if vendor == "amd" else None,
            iommu_domain=domain,
        )
        for i in range(count)
    ]
    return {"gpus": tuple(cards)}


def rdma(*, active: bool = True, openable: bool = True, **more: Any) -> dict[str, Any]:
    port = RdmaPort(device="mlx5_0", port=1, active=active, openable=openable)
    return {"rdma_ports": (port,), **more}


def in_container(refused: bool, nodes: int) -> dict[str, Any]:
    container = Container(runtime="docker", numa_refused=refused)
    return {"container": container, "cpu": cpu(numa_nodes=nodes)}


def limits(**told: int) -> dict[str, Any]:
    return {"limits": {"pids": -1, "nproc": -1, **told}}


def partition(mode: str) -> dict[str, Any]:
    return {"gpus": (gpu("amd", compute_partition=mode),)}


PEERMEM = ("nvidia", "nvidia_uvm", "nvidia_peermem")
WITHOUT = ("nvidia", "nvidia_uvm")
SMALL = {"memlock_bytes": 8 << 20}
PAIRS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("DR104", unloaded(OLDER), unloaded(OLDER, KERNEL)),
    ("DR104", unloaded(), unloaded(container=Container(runtime="docker"))),
    (
        "DR105",
        unloaded(KERNEL, secure_boot=True),
        unloaded(KERNEL, secure_boot=False),
    ),
    (
        "DR105",
        unloaded(KERNEL, secure_boot=True),
        unloaded(OLDER, secure_boot=True),
    ),
    (
        "DR112",
        loaded(libraries=("580.95.05", "570.133.07")),
        loaded(libraries=Absent()),
    ),
    ("DS101", behind("DMA-FQ"), behind("identity")),
    ("DS101", behind("DMA"), behind("DMA", count=1)),
    ("DS101", behind("DMA"), {**behind("DMA"), **env(NCCL_P2P_DISABLE="1")}),
    ("RO107", behind("DMA", vendor="amd"), behind(None, vendor="amd")),
    ("RO108", partition("CPX"), partition("SPX")),
    ("DS109", rdma(**env(NCCL_IB_HCA="mlx4")), rdma(**env(NCCL_IB_HCA="mlx5_0:1"))),
    ("DS109", rdma(**env(NCCL_IB_HCA="^mlx5")), rdma(**env(NCCL_IB_HCA="^=mlx5"))),
    ("DS109", rdma(active=False), rdma(active=False, **env(NCCL_IB_DISABLE="1"))),
    ("DS109", rdma(openable=False), rdma(openable=False, gpus=())),
    (
        "DS110",
        rdma(kernel=KERNEL, **loaded(modules=WITHOUT, flavour="proprietary")),
        rdma(kernel=KERNEL, **loaded(modules=PEERMEM, flavour="proprietary")),
    ),
    (
        "DS110",
        rdma(kernel="5.4.0-200-generic", **loaded(modules=WITHOUT, flavour="open")),
        rdma(kernel=KERNEL, **loaded(modules=WITHOUT, flavour="open")),
    ),
    ("CT109", rdma(**limits(**SMALL)), rdma(active=False, **limits(**SMALL))),
    ("CT109", rdma(**limits(**SMALL)), rdma(**limits(memlock_bytes=-1))),
    ("CT110", in_container(True, 2), in_container(True, 1)),
    ("CT110", in_container(True, 2), in_container(False, 2)),
    (
        "CP108",
        {"cpu": cpu(frequency_driver="acpi-cpufreq", frequency_governor="powersave")},
        {"cpu": cpu(frequency_driver="intel_pstate", frequency_governor="powersave")},
    ),
    ("DL106", limits(overcommit_memory=2), limits(overcommit_memory=1)),
    ("DL106", limits(max_map_count=30000), limits(max_map_count=65530)),
]


@pytest.mark.parametrize(("code", "with_fault", "nearly"), PAIRS, ids=[p[0] for p in PAIRS])
def test_the_fault_is_found_and_its_like_is_not(
    code: str, with_fault: dict[str, Any], nearly: dict[str, Any]
) -> None:
    assert code in codes(with_fault)
    assert code not in codes(nearly)


def test_one_cause_is_one_finding() -> None:
    """What a module that is missing for this kernel explains hangs under it."""

    from envsetup.doctor.findings import find
    from envsetup.knowledge import load
    from tests.rules_core.test_other_rules import BASE

    findings, _ = find(machine(BASE, **unloaded(OLDER)), load())

    assert [f.code for f in findings if f.suppressed_by is None] == ["DR104"]
    assert {f.suppressed_by for f in findings if f.code == "DR101"} == {"DR104"}


def test_a_module_that_only_waits_to_be_loaded_is_loaded_first() -> None:

    from envsetup.doctor.findings import find
    from envsetup.knowledge import load
    from tests.rules_core.test_other_rules import BASE

    (finding,) = find(machine(BASE, **unloaded(KERNEL)), load())[0]

    assert finding.code == "DR101"
    assert finding.fixes[0].argv == ("sudo", "modprobe", "nvidia")
