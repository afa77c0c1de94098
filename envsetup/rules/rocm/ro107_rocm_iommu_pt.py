"""## What it means

GPUs wait for each other for ever where the IOMMU translates their traffic.

## How it looks

```text
RCCL or DDP hangs at 100 % GPU
```

## Why it happens

The IOMMU is active without pass-through.

## How envsetup knows

Two or more AMD GPUs that are not built into the processor, behind an IOMMU that translates their traffic
(`/sys/bus/pci/devices/*/iommu_group/type` is not `identity`).

## How to fix

- Add `iommu=pt` to the kernel's command line (reboot)

## When to ignore

With one GPU, or in a virtual machine.

## Links

- <https://github.com/ROCm/rccl/issues/1129>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (Fix(text="Add `iommu=pt` to the kernel's command line", safety="reboot"),)


@rule(
    code="RO107",
    slug="rocm-iommu-pt",
    title="Several AMD GPUs hang without iommu=pt",
    severity="warning",
    unseen=PART,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"\biommu=pt\b", confidence="medium"),
        Symptom(pattern=r"RCCL.{0,100}\bhang", confidence="medium"),
        Symptom(pattern="HW Exception by GPU node", confidence="low"),
    ),
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    held = [
        g
        for g in gpus
        if g.vendor == "amd" and not g.integrated and g.iommu_domain not in (None, "identity")
    ]
    if len(held) < 2:
        return
    domains = ", ".join(sorted({str(g.iommu_domain) for g in held}))
    yield Draft(
        message=f"An IOMMU translates what {len(held)} AMD GPUs send each other (domain {domains}).",
        evidence=(fact_evidence(machine, "gpus", f"{len(held)} in IOMMU domains {domains}"),),
        fixes=FIXES,
        severity="note",
    )
