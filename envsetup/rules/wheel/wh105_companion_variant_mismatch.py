"""## What it means

torch and torchvision or torchaudio are builds for different CUDA majors, or one for the CPU.

## How it looks

```text
RuntimeError: Detected that PyTorch and torchvision were compiled with different CUDA major versions.
PyTorch has CUDA Version=12.6 and torchvision has CUDA Version=13.0.
```

## Why it happens

They were installed from different indexes, or one of them anew from the default index.

## How envsetup knows

The local versions that both carry (+cu126, +cpu); where one carries none, nothing is said.

## How to fix

- install both from one index in one command: `envsetup install-plan torch torchvision` (safe)

## When to ignore

Builds of one CUDA major work together.

## Links

- <https://github.com/pytorch/vision#installation>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, Package, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text="Install both from one index: run what this prints",
        argv=("envsetup", "install-plan", "torch", "torchvision"),
    ),
)


@rule(
    code="WH105",
    slug="companion-variant-mismatch",
    title="torch and torchvision/torchaudio carry different CUDA tags",
    severity="error",
    unseen="wheels from PyPI don't tell their variant in their version",
    symptoms=(
        Symptom(pattern=r"were compiled with different CUDA (?:major )?versions"),
        Symptom(pattern=r"compiled with different CUDA versions"),
        Symptom(pattern="Could not run 'torchvision::", confidence="medium"),
    ),
    ask="`pip list | grep torch`: do all end in the same +cuXXX?",
    fixes=FIXES,
)
def judge(torch: TorchInstall, packages: tuple[Package, ...], machine: Machine) -> Iterator[Draft]:
    mine = _family(torch.version)
    for one in packages:
        other = _family(one.version)
        if (
            one.name not in ("torchvision", "torchaudio")
            or one.manager != "pip"
            or not mine
            or not other
        ):
            continue
        if mine != other:
            yield Draft(
                message=f"{one.name} {one.version} is a build for {other}, torch {torch.version} for {mine}.",
                subject=one.name,
                evidence=(fact_evidence(machine, "packages", f"{one.name} {one.version}"),),
                fixes=FIXES,
            )


def _family(version: str) -> str | None:
    """`CUDA 12`, `CPU` or `ROCm` by the local version; None where it carries none."""
    local = version.partition("+")[2]
    if local.startswith("cu") and local[2:4].isdigit():
        return f"CUDA {local[2:4]}"
    return {"cpu": "CPU", "roc": "ROCm"}.get(local[:3])
