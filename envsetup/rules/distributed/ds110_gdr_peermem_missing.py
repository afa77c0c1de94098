"""## What it means

Network traffic takes a detour through main memory.

## How it looks

Nothing is printed.

## Why it happens

nvidia_peermem isn't loaded and there is no dma-buf.

## How envsetup knows

A data-centre GPU of NVIDIA's, an active RDMA port, and neither the module nvidia_peermem nor what dma-buf needs: the open
kernel module, and Linux 5.12 or newer.

## How to fix

- `sudo modprobe nvidia-peermem` (root)

## When to ignore

With dma-buf.

## Links

- <https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine, NvidiaDriver, RdmaPort, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (Fix(text="`sudo modprobe nvidia-peermem`", safety="root"),)


@rule(
    code="DS110",
    slug="gdr-peermem-missing",
    title="GPUDirect RDMA isn't active",
    severity="note",
    unseen=PART,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="GPU Direct RDMA Disabled"),
        Symptom(pattern="nvidia.peermem.{0,60}(?:not found|not loaded)"),
    ),
    fixes=FIXES,
)
def judge(
    rdma_ports: tuple[RdmaPort, ...],
    nvidia_driver: NvidiaDriver,
    kernel: str,
    gpus: tuple[Gpu, ...],
    machine: Machine,
) -> Iterator[Draft]:
    modules = value_of(nvidia_driver.modules)
    mine = [g for g in gpus if g.vendor == "nvidia" and "GeForce" not in (g.name or "GeForce")]
    if not mine or not modules or "nvidia" not in modules or "nvidia_peermem" in modules:
        return
    if not any(p.active for p in rdma_ports) or _has_dma_buf(nvidia_driver, kernel):
        return
    yield Draft(
        message="RDMA ports are active, and nothing lets them reach the GPUs' memory: "
        "nvidia_peermem isn't loaded, and the driver has no dma-buf.",
        evidence=(
            fact_evidence(machine, "rdma_ports", "active"),
            fact_evidence(machine, "nvidia_driver", f"{nvidia_driver.flavour}, {kernel}"),
        ),
        fixes=FIXES,
    )


def _has_dma_buf(driver: NvidiaDriver, kernel: str) -> bool:
    """What NCCL asks for: the open module and the kernel's export of such buffers; unknown counts as there."""
    found = re.match(r"(\d+)\.(\d+)", kernel)
    new_enough = not found or (int(found.group(1)), int(found.group(2))) >= (5, 12)
    return driver.flavour != "proprietary" and new_enough
