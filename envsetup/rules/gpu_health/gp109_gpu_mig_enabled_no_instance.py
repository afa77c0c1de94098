"""## What it means

A GPU in MIG mode offers instances only; none is made, or the name given isn't one.

## How it looks

```text
ValueError: invalid literal for int() with base 10: 'MIG-...'
RuntimeError: No CUDA GPUs are available
```

## Why it happens

MIG was switched on without making instances; CUDA_VISIBLE_DEVICES holds a form that a program can't read.

## How envsetup knows

NVML tells MIG mode and no instance: an error where no other NVIDIA GPU is left, otherwise a note. A GPU that torch uses is never named.

## How to fix

- Make instances: `sudo nvidia-smi mig -cgi 0 -C` (root)
- Name an instance by its UUID from `nvidia-smi -L` in CUDA_VISIBLE_DEVICES (safe)
- Or switch MIG off: `sudo nvidia-smi -mig 0` (root)

## When to ignore

Where MIG isn't used.

## Links

- <https://docs.nvidia.com/datacenter/tesla/mig-user-guide/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (
    Fix(text="Make instances: `sudo nvidia-smi mig -cgi 0 -C`", safety="root"),
    Fix(text="Name an instance by its UUID from `nvidia-smi -L` in CUDA_VISIBLE_DEVICES"),
    Fix(text="Or switch MIG off: `sudo nvidia-smi -mig 0`", safety="root"),
)


@rule(
    code="GP109",
    slug="gpu-mig-enabled-no-instance",
    title="MIG is on, but there is no instance, or the selector is wrong",
    severity="error",
    unseen=PART,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"invalid literal for int\(\) with base 10: .MIG-"),
        Symptom(
            pattern=r"MIG (?:mode )?(?:is )?enabled[^\n]{0,60}no (?:MIG )?(?:devices|instances?)"
        ),
        Symptom(pattern=r"No MIG devices found"),
        Symptom(
            pattern=r"CUDA_VISIBLE_DEVICES\W{1,3}MIG-.{0,300}(?:device_count|is_available).{0,40}(?:\b0\b|False)",
            confidence="medium",
        ),
    ),
    ask="`nvidia-smi -L`: are MIG devices listed below the GPU?",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    runtime = value_of(machine.torch_runtime)
    if runtime is not None and runtime.cuda_available:
        return
    mine = [g for g in gpus if g.vendor == "nvidia"]
    empty = [g for g in mine if g.mig and g.mig_instances == 0]
    for gpu in empty:
        name = gpu.name or "the GPU"
        yield Draft(
            message=f"{name} (GPU {gpu.index}) is in MIG mode without an instance: no program can use it.",
            subject=f"gpu {gpu.index}",
            evidence=(fact_evidence(machine, "gpus", f"{name}: MIG on, no instance"),),
            fixes=FIXES,
            severity="error" if len(empty) == len(mine) else "note",
        )
