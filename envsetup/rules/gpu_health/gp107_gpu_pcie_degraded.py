"""## What it means

Copies between host and GPU run at a part of their speed.

## How it looks

```text
Nothing is printed: data loading is slow.
```

## Why it happens

A badly seated card, a riser, a slot with fewer lanes, lanes shared with another slot.

## How envsetup knows

NVML's link width against the widest that device and system allow: a quarter or less is a warning, half a note. The generation isn't judged, since it drops at idle; nor is a virtual GPU's width.

## How to fix

- Reseat the card, try another slot or no riser; look at the firmware's lane settings (safe)

## When to ignore

Where slot, dock or virtual machine have no more lanes.

## Links

- <https://docs.nvidia.com/deploy/nvml-api/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Known, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import COUNTERS

FIXES = (
    Fix(text="Reseat the card, try another slot or no riser; look at the firmware's lane settings"),
)


@rule(
    code="GP107",
    slug="gpu-pcie-degraded",
    title="The PCIe link is narrower than it could be",
    severity="warning",
    unseen=COUNTERS,
    platforms=("linux",),
    symptoms=(Symptom(pattern=r"PCIe Bus Error: severity=", confidence="low"),),
    ask="`nvidia-smi -q | grep -A4 'Link Width'`",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    if isinstance(machine.wsl, Known):
        return
    for gpu in gpus:
        now = gpu.health.pcie_width if gpu.health else None
        most = gpu.health.pcie_width_max if gpu.health else None
        if now and most and now < most:
            name = gpu.name or "the GPU"
            yield Draft(
                message=f"{name} (GPU {gpu.index}) uses {now} of {most} PCIe lanes.",
                subject=f"gpu {gpu.index}",
                evidence=(fact_evidence(machine, "gpus", f"{name}: x{now} of x{most}"),),
                fixes=FIXES,
                severity="warning" if 4 * now <= most else "note",
                confidence="medium",
            )
