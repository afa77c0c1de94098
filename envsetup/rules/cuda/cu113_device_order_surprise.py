"""## What it means

`cuda:0` may be another card than GPU 0 of nvidia-smi.

## How it looks

```text
nvidia-smi shows load on GPU 1 although the program says cuda:0.
```

## Why it happens

CUDA numbers the fastest GPU first, nvidia-smi goes by PCI address; they part where models differ.

## How envsetup knows

NVIDIA GPUs of different names, CUDA_DEVICE_ORDER not set to PCI_BUS_ID, and no UUIDs in CUDA_VISIBLE_DEVICES.

## How to fix

- export CUDA_DEVICE_ORDER=PCI_BUS_ID (safe)

## When to ignore

Where the GPUs are chosen by UUID or name.

## Links

- <https://github.com/pytorch/pytorch/issues/131901>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine, TorchInstall
from envsetup.rules import Draft, fact_evidence, rule

FIXES = (Fix(text="`export CUDA_DEVICE_ORDER=PCI_BUS_ID`"),)


@rule(
    code="CU113",
    slug="device-order-surprise",
    title="CUDA's numbering of GPUs differs from nvidia-smi's",
    severity="note",
    platforms=(
        "linux",
        "windows",
    ),
    fixes=FIXES,
)
def judge(
    environment: dict[str, str], gpus: tuple[Gpu, ...], torch: TorchInstall, machine: Machine
) -> Iterator[Draft]:
    names = sorted({g.name for g in gpus if g.vendor == "nvidia" and g.name})
    by_uuid = "-" in environment.get("CUDA_VISIBLE_DEVICES", "").lstrip("-")
    by_bus = environment.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID"
    if torch.cuda is None or len(names) < 2 or by_uuid or by_bus:
        return
    yield Draft(
        message=f"CUDA may number {' and '.join(names)} in another order than nvidia-smi.",
        evidence=(fact_evidence(machine, "gpus", ", ".join(names)),),
        fixes=FIXES,
        severity="note",
    )
