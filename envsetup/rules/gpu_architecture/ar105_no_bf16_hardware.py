"""## What it means

The number format that a program asks for isn't in this GPU: it is refused or emulated slowly.

## How it looks

```text
ValueError: Bfloat16 is only supported on GPUs with compute capability of at least 8.0.
ValueError: Your setup doesn't support bf16/gpu.
torch._scaled_mm is only supported on CUDA devices with compute capability >= 9.0 or 8.9
```

## Why it happens

bfloat16 came with compute capability 8.0, FP8 with 8.9. T4, V100 and RTX 20 have neither.

## How envsetup knows

An NVIDIA GPU below compute capability 8.0 beside a CUDA build.

## How to fix

- Use float16: `--dtype half`, `fp16=True`, `torch.float16` (safe)

## When to ignore

Where neither format is used.

## Links

- <https://github.com/pytorch/pytorch/blob/main/torch/cuda/__init__.py>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.knowledge import Knowledge, identify, version_key
from envsetup.model import Fix, Gpu, Machine, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (Fix(text="Use float16: `--dtype half`, `fp16=True`, `torch.float16`"),)


@rule(
    code="AR105",
    slug="no-bf16-hardware",
    title="The GPU has no bfloat16 or FP8 of its own",
    severity="note",
    unseen="FP8 needs more than the capability that bfloat16 needs",
    platforms=(
        "linux",
        "windows",
    ),
    symptoms=(
        Symptom(pattern=r"Bfloat16 is only supported on GPUs with compute capability"),
        Symptom(pattern=r"Your setup doesn't support bf16"),
        Symptom(pattern=r"Feature '\.bf16' requires \.target sm_80"),
        Symptom(
            pattern=r"torch\._scaled_mm is only supported on CUDA devices with compute capability"
        ),
        Symptom(pattern=r"Current CUDA Device does not support bfloat16"),
        Symptom(
            pattern=r"bf16/gpu|bf16 (?:mixed precision )?requires? (?:PyTorch|Ampere)",
            confidence="medium",
        ),
        Symptom(pattern=r"\bfp8\w{0,8} not supported in this architecture"),
        Symptom(pattern=r"\bfp8 \w{1,20} models? (?:is|are) only supported on GPUs"),
        Symptom(
            pattern=r"quantization method \w{0,20}(?:fp8|fp4|modelopt)\w{0,10} is not supported for the current GPU",
            confidence="medium",
        ),
        Symptom(pattern=r"bf16 is not supported on your device"),
        Symptom(pattern=r"Device compute capability .{0,60}\bFP8 execution"),
        Symptom(
            pattern=r"not supported for the current GPU\. Minimum capability", confidence="medium"
        ),
        Symptom(pattern=r"requires compute capability >", confidence="medium"),
        Symptom(pattern=r"Cannot select: intrinsic %llvm\.nvvm", confidence="low"),
    ),
    ask="`python -c 'import torch; print(torch.cuda.get_device_capability())'`",
    fixes=FIXES,
)
def judge(
    gpus: tuple[Gpu, ...], torch: TorchInstall, machine: Machine, knowledge: Knowledge
) -> Iterator[Draft]:
    if torch.cuda is None:
        return
    for gpu in gpus:
        own = identify(gpu, knowledge).compute_capability
        if gpu.vendor == "nvidia" and own and version_key(own) < (8, 0):
            name = gpu.name or f"GPU {gpu.index}"
            yield Draft(
                message=f"{name} (compute capability {own}) has no bfloat16 and no FP8: use float16.",
                subject=f"gpu {gpu.index}",
                evidence=(fact_evidence(machine, "gpus", f"{name}: {own}"),),
                fixes=FIXES,
                severity="note",
            )
