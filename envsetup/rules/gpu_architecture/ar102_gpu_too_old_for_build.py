"""## What it means

This build of torch has dropped the kernels of this older GPU.

## How it looks

```text
Found GPU0 NVIDIA GeForce GTX 1080 Ti which is of compute capability (CC) 6.1.
The minimum and maximum CUDA capability supported by this version of PyTorch is (7.5) - (12.0)
RuntimeError: CUDA error: no kernel image is available for execution on the device
```

## Why it happens

CUDA 13 ended Maxwell, Pascal and Volta; torch 2.15 has no CUDA 12 build any more.

## How envsetup knows

The build's architecture list against the GPU's compute capability.

## How to fix

- install the build that `envsetup install-plan` names: for Maxwell, Pascal and Volta the cu126 build of torch 2.14.1 or older (safe)

## When to ignore

Never: `torch.cuda.is_available()` is True, and the first kernel fails.

## Links

- <https://github.com/pytorch/pytorch/issues/190385>
- <https://developer.nvidia.com/cuda-legacy-gpus>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.knowledge import Knowledge
from envsetup.model import Fix, Gpu, Machine, TorchInstall
from envsetup.rules import Draft, Symptom, rule
from envsetup.rules.shared.cuda_kernels import ASK, SYMPTOMS, archs_of, too_old, without_kernels

FIXES = (
    Fix(
        text="Install the last build with kernels for this GPU: run what this prints",
        argv=("envsetup", "install-plan"),
    ),
)


@rule(
    code="AR102",
    slug="gpu-too-old-for-build",
    title="The build dropped this (older) GPU",
    severity="error",
    platforms=("linux", "windows"),
    symptoms=(
        *SYMPTOMS,
        Symptom(pattern=r"no longer supports this GPU because it is too old"),
        Symptom(pattern=r"does not have CUDA compute capability", confidence="medium"),
        Symptom(
            pattern=r"no longer support(?:s|ing|ed)?\b.{0,30}\b(?:Tesla|GeForce|GTX|Quadro|Kepler|Maxwell|Pascal|Volta)\b",
            confidence="medium",
        ),
    ),
    ask=ASK,
    fixes=FIXES,
)
def judge(
    torch: TorchInstall, gpus: tuple[Gpu, ...], machine: Machine, knowledge: Knowledge
) -> Iterator[Draft]:
    archs = archs_of(machine, torch, knowledge)
    yield from without_kernels(too_old(gpus, archs, torch, knowledge), archs, torch, machine, FIXES)
