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
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.kernels import archs_of, too_old, words

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
        Symptom(pattern=r"no longer supports this GPU because it is too old"),
        Symptom(pattern=r"does not have CUDA compute capability", confidence="medium"),
        Symptom(
            pattern=r"no longer support(?:s|ing|ed)?\b.{0,30}\b(?:Tesla|GeForce|GTX|Quadro|Kepler|Maxwell|Pascal|Volta)\b",
            confidence="medium",
        ),
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
    for gpu in too_old(gpus, archs, torch, knowledge):
        yield Draft(
            message=f"torch {torch.version} has no kernels for {words(gpu)}: it holds {', '.join(archs or ())}.",
            subject=f"gpu {gpu.index}",
            evidence=(
                fact_evidence(machine, "torch", " ".join(archs or ())),
                fact_evidence(machine, "gpus", words(gpu)),
            ),
            fixes=FIXES,
        )
