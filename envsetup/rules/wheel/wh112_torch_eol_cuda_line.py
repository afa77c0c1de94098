"""## What it means

The GPUs are older than Turing, and only builds with CUDA 12 still serve them; new releases of torch come without.

## How it looks

```text
No published PyTorch CUDA builds for release 2.15 support this GPU.
```

## Why it happens

CUDA 13 dropped Maxwell, Pascal and Volta, and torch 2.14 was the last release with CUDA 12.6 wheels.

## How envsetup knows

The compute capability of every NVIDIA GPU: all below 7.5. Only noted, since what is installed may work.

## How to fix

- Pin torch below 2.15, and take the build that `envsetup install-plan` names (safe)
- Or build from source with TORCH_CUDA_ARCH_LIST set (safe)

## When to ignore

Where the card is not computed on.

## Links

- <https://github.com/pytorch/pytorch/issues/172352>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.knowledge import capability
from envsetup.model import Fix, Gpu, Machine, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="Pin torch below 2.15, and take the build that `envsetup install-plan` names"),
    Fix(text="Or build from source with TORCH_CUDA_ARCH_LIST set"),
)
TURING = (7, 5)
"""The lowest compute capability that CUDA 13 serves."""


@rule(
    code="WH112",
    slug="torch-eol-cuda-line",
    title="Machine is stuck on a CUDA line that torch has stopped shipping",
    severity="warning",
    unseen="GPUs of unknown capability aren't judged",
    platforms=("linux", "windows"),
    symptoms=(Symptom(pattern=r"No published PyTorch CUDA builds for release"),),
    ask="`nvidia-smi --query-gpu=name,compute_cap --format=csv`: below 7.5?",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    mine = [g for g in gpus if g.vendor == "nvidia"]
    told = [g.compute_capability for g in mine if g.compute_capability]
    if not torch.cuda or not told or len(told) < len(mine):
        return
    if all(capability(one) < TURING for one in told):
        newest = max(told, key=capability)
        yield Draft(
            message=f"No release of torch after 2.14 serves these GPUs (compute capability {newest}).",
            subject="gpus",
            evidence=(fact_evidence(machine, "gpus", newest),),
            fixes=FIXES,
            severity="note",
        )
