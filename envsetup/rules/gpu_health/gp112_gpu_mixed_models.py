"""## What it means

Work that is split evenly waits for the slowest card or overfills the smallest.

## How it looks

```text
UserWarning: There is an imbalance between your GPUs. You may want to exclude GPU 1
```

## Why it happens

Cards were added over time, or one only drives the display.

## How envsetup knows

NVIDIA GPUs of different names, or memory sizes more than 25 % apart, more than one of them visible.

## How to fix

- Choose equal cards with CUDA_VISIBLE_DEVICES and CUDA_DEVICE_ORDER=PCI_BUS_ID (safe)

## When to ignore

Where one card is used.

## Links

- <https://github.com/pytorch/pytorch/blob/main/torch/nn/parallel/data_parallel.py>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (Fix(text="Choose equal cards with CUDA_VISIBLE_DEVICES and CUDA_DEVICE_ORDER=PCI_BUS_ID"),)

APART = 0.75
"""Smallest memory over largest below which they count as unequal."""


@rule(
    code="GP112",
    slug="gpu-mixed-models",
    title="GPUs of different models in one machine",
    severity="note",
    platforms=(
        "linux",
        "windows",
    ),
    symptoms=(Symptom(pattern=r"There is an imbalance between your GPUs"),),
    ask="`nvidia-smi -L`",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    mine = [g for g in gpus if g.vendor == "nvidia" and not g.integrated]
    mask = (value_of(machine.environment) or {}).get("CUDA_VISIBLE_DEVICES")
    if len(mine) < 2 or (mask is not None and "," not in mask):
        return
    names = sorted({g.name for g in mine if g.name})
    sizes = [g.memory_total_bytes for g in mine if g.memory_total_bytes]
    if len(names) > 1 or (sizes and min(sizes) < APART * max(sizes)):
        what = ", ".join(names) or "NVIDIA GPUs of different memory"
        yield Draft(
            message=f"This machine mixes GPUs: {what}.",
            evidence=(fact_evidence(machine, "gpus", what),),
            fixes=FIXES,
            severity="note",
        )
