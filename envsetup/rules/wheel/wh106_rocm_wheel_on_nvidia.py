"""## What it means

torch is built for the other vendor's GPUs.

## How it looks

```text
RuntimeError: Found no NVIDIA driver on your system.
torch.version.hip is set, and the GPU is an NVIDIA one
```

## Why it happens

The index of one vendor was copied from instructions for the other, or the default build (CUDA) was installed beside an AMD GPU.

## How envsetup knows

torch's own CUDA or HIP version against the vendors of the GPUs; an AMD GPU counts where /dev/kfd is there and it is no integrated one.

## How to fix

- Take the build for this GPU: run what this prints: `envsetup install-plan` (safe)

## When to ignore

Where the CPU is what you compute on.

## Links

- <https://pytorch.org/get-started/previous-versions/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine, TorchInstall, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (Fix(text="Take the build for this GPU: run what this prints: `envsetup install-plan`"),)


@rule(
    code="WH106",
    slug="rocm-wheel-on-nvidia",
    title="ROCm wheel on an NVIDIA machine, or the reverse",
    severity="error",
    unseen=PART,
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern=r"(?:ROCm|HIP)[^\n]{0,60}build[^\n]{0,60}NVIDIA GPU", confidence="low"),
        Symptom(
            pattern=r"libamdhip64\.so[^\n]{0,60}cannot open shared object", confidence="medium"
        ),
        Symptom(
            pattern=r"Found no NVIDIA driver[^\n]{0,300}\b(?:AMD|Radeon|gfx\d{3,4})\b",
            confidence="medium",
        ),
    ),
    suppresses=(
        "RO105",
        "DR101",
        "WH103",
    ),
    ask="`python -m pip show torch`: does its version end in +rocm or +cu? Which GPU is it?",
    fixes=FIXES,
)
def judge(torch: TorchInstall, gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    runtime = value_of(machine.torch_runtime)
    if runtime is not None and runtime.cuda_available:
        return
    nvidia = [g for g in gpus if g.vendor == "nvidia"]
    amd = [g for g in gpus if g.vendor == "amd"]
    cards = [g for g in amd if g.gfx and g.integrated is False]
    served = "/dev/kfd" in (value_of(machine.device_access) or {})
    if torch.hip and nvidia and not amd:
        built, found = "ROCm", nvidia[0]
    elif torch.cuda and cards and served and not nvidia:
        built, found = "CUDA", cards[0]
    else:
        return
    name = found.name or found.pci_id or f"of {found.vendor}"
    yield Draft(
        message=f"torch {torch.version} is a {built} build, and the GPU is {name}.",
        subject="torch",
        evidence=(
            fact_evidence(machine, "torch", torch.version),
            fact_evidence(machine, "gpus", name),
        ),
        fixes=FIXES,
    )
