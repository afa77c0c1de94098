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
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.kernels import archs_of, too_new, words

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
        Symptom(pattern=r"which is of (?:cuda|compute) capability", confidence="medium"),
        Symptom(
            pattern=r"no kernel image\b(?: is available(?: for execution on the device)?)?",
            confidence="medium",
        ),
        Symptom(pattern=r"\bsm_\d{2,3}[a-z]? is not compatible"),
        Symptom(
            pattern=r"cudaErrorNoKernelImageForDevice|CUDA_ERROR_NO_BINARY_FOR_GPU",
            confidence="medium",
        ),
        Symptom(pattern=r"(?:CUBLAS|CUDNN)_STATUS_ARCH_MISMATCH"),
        Symptom(pattern=r"nvrtc: error: invalid value for --gpu-architecture", confidence="medium"),
        Symptom(
            pattern=r"\bcuda.{0,80}(?:error|err|failure|code|returned)\W{0,4}209\b",
            confidence="medium",
        ),
        Symptom(
            pattern=r"\b(?:no|lacks?|without|requires?|missing) sm_\d{2,3}[a-z]?\b",
            confidence="medium",
        ),
        Symptom(
            pattern=r"\bsm_\d{2,3}[a-z]? (?:is )?not supported|\bno (?:CUDA )?kernels? for\b",
            confidence="medium",
        ),
    ),
    ask="`python -c 'import torch; print(torch.cuda.get_arch_list(), torch.cuda.get_device_capability())'`",
    fixes=FIXES,
)
def judge(
    torch: TorchInstall, gpus: tuple[Gpu, ...], machine: Machine, knowledge: Knowledge
) -> Iterator[Draft]:
    archs = archs_of(machine, torch, knowledge)
    for gpu in too_new(gpus, archs, torch, knowledge):
        yield Draft(
            message=f"torch {torch.version} has no kernels for {words(gpu)}: it holds {', '.join(archs or ())}.",
            subject=f"gpu {gpu.index}",
            evidence=(
                fact_evidence(machine, "torch", " ".join(archs or ())),
                fact_evidence(machine, "gpus", words(gpu)),
            ),
            fixes=FIXES,
        )
