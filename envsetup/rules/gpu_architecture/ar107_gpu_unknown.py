"""## What it means

Nobody here knows which kernels a GPU needs, so no build of PyTorch is known to serve it.

## How it looks

```text
the compute capability of NVIDIA GRID XYZ-8Q isn't known
```

## Why it happens

The driver is too old to tell, the GPU is newer than this envsetup, or a hypervisor gave it a name of its own.

## How envsetup knows

Neither the driver, the PCI id, the installed torch nor the GPU's name tell its compute capability (NVIDIA) or gfx name (AMD).

## How to fix

- Read it: `nvidia-smi --query-gpu=name,compute_cap --format=csv`, or `rocminfo` (safe)
- Say it to the plan: `envsetup install-plan --gpu nvidia:8.6` (safe)

## When to ignore

Where torch computes on it, or another GPU is meant.

## Links

- <https://developer.nvidia.com/cuda-gpus>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.knowledge import Knowledge, arch_known, identify
from envsetup.model import Fix, Gpu, Machine, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text="Read it: `nvidia-smi --query-gpu=name,compute_cap --format=csv`, or `rocminfo`",
    ),
    Fix(text="Say it to the plan: `envsetup install-plan --gpu nvidia:8.6`"),
)
TOLD_BY = {"nvidia": "compute capability", "amd": "gfx name"}


@rule(
    code="AR107",
    slug="gpu-unknown",
    title="Which kernels the GPU needs is not known",
    severity="note",
    symptoms=(Symptom(pattern=r"the (?:compute capability|gfx name) of .{1,80} isn't known"),),
    ask="`nvidia-smi --query-gpu=name,compute_cap --format=csv`, or `rocminfo`",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], machine: Machine, knowledge: Knowledge) -> Iterator[Draft]:
    runtime = value_of(machine.torch_runtime)
    seen = runtime.devices if runtime else ()
    for gpu in gpus:
        if gpu.vendor not in TOLD_BY or arch_known(identify(gpu, knowledge, seen)):
            continue
        name = gpu.name or gpu.pci_id or f"{gpu.vendor} GPU {gpu.index}"
        yield Draft(
            message=f"The {TOLD_BY[gpu.vendor]} of {name} isn't known, so no build is known to serve it.",
            subject=name,
            evidence=(fact_evidence(machine, "gpus", name),),
            fixes=FIXES,
        )
