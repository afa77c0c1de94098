"""## What it means

The GPU is newer than the kernels in this build of torch.

## How it looks

```text
NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current PyTorch installation.
RuntimeError: CUDA error: no kernel image is available for execution on the device
```

## Why it happens

Kernels are compiled for named architectures. An older pin, or a build for an older CUDA, has none for a GPU that came later; Blackwell needs cu128 or newer and torch 2.7 or newer.

## How envsetup knows

The build's architecture list (as torch tells it, read from its library, or known of the official wheel) against the GPU's compute capability: a kernel for X.Y runs on X.Z with Z at least Y.

## How to fix

- install the build that `envsetup install-plan` names (safe)

## When to ignore

Where torch warns of a capability range only and the computation is right: see AR106.

## Links

- <https://developer.nvidia.com/cuda-gpus>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.knowledge import Knowledge
from envsetup.model import Fix, Gpu, Machine, TorchInstall
from envsetup.rules import Draft, Symptom, rule
from envsetup.rules.shared.cuda_kernels import ASK, SYMPTOMS, archs_of, too_new, without_kernels

FIXES = (
    Fix(
        text="Install the build for this GPU: run what this prints",
        argv=("envsetup", "install-plan"),
    ),
)


@rule(
    code="AR101",
    slug="gpu-too-new-for-build",
    title="No kernels for this (newer) GPU in the build",
    severity="error",
    platforms=("linux", "windows"),
    symptoms=(
        *SYMPTOMS,
        Symptom(pattern=r"nvrtc: error: invalid value for --gpu-architecture", confidence="medium"),
    ),
    ask=ASK,
    fixes=FIXES,
)
def judge(
    torch: TorchInstall, gpus: tuple[Gpu, ...], machine: Machine, knowledge: Knowledge
) -> Iterator[Draft]:
    archs = archs_of(machine, torch, knowledge)
    yield from without_kernels(too_new(gpus, archs, torch, knowledge), archs, torch, machine, FIXES)
