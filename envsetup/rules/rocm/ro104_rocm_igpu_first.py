"""## What it means

The integrated GPU is counted beside the discrete one, often as device 0.

## How it looks

```text
HIP error: device kernel image is invalid
HIP error: shared object initialization failed
```

## Why it happens

ROCm lists every GPU; the build may have no code for the integrated one.

## How envsetup knows

A discrete and an integrated AMD GPU, a ROCm build, and no mask.

## How to fix

- `export ROCR_VISIBLE_DEVICES=<index of the discrete GPU>` (Windows: HIP_VISIBLE_DEVICES)
  (safe)
- Or disable it in the firmware (reboot)

## When to ignore

Where the integrated GPU is the only one.

## Links

- <https://github.com/ROCm/TheRock/issues/3392>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Evidence,
    Fix,
    Gpu,
    Machine,
    TorchInstall,
)
from envsetup.rules import Draft, Symptom, rule
from envsetup.rules.undecidable import PART

FIXES = (
    Fix(
        text=(
            "`export ROCR_VISIBLE_DEVICES=<index of the discrete GPU>` (Windows: "
            "HIP_VISIBLE_DEVICES)"
        )
    ),
    Fix(text="Or disable it in the firmware", safety="reboot"),
)

MASKS = ("ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES")


@rule(
    code="RO104",
    slug="rocm-igpu-first",
    title="The integrated AMD GPU is used too",
    severity="warning",
    unseen=PART,
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern="HIP error: shared object initialization failed"),
        Symptom(pattern="HIP error: device kernel image is invalid", confidence="low"),
        Symptom(pattern="segfault.{0,60}libamdhip64", confidence="medium"),
        Symptom(
            pattern=r"(?:SIGSEGV|segfault|Segmentation fault).{0,160}lib(?:amdhip64|hsa-runtime64)\b",
            confidence="medium",
        ),
    ),
    fixes=FIXES,
)
def judge(
    gpus: tuple[Gpu, ...],
    torch: TorchInstall,
    environment: dict[str, str],
    machine: Machine,
) -> Iterator[Draft]:
    amd = [g for g in gpus if g.vendor == "amd"]
    mixed = {bool(g.integrated) for g in amd} == {True, False}
    if mixed and (torch.build or "").startswith("rocm") and not set(MASKS) & set(environment):
        inner = next(g for g in amd if g.integrated)
        yield Draft(
            message=f"The integrated GPU ({inner.name or inner.gfx or 'AMD'}) is offered beside the"
            " discrete one, and nothing masks it.",
            evidence=(Evidence(fact="gpus", value=str(inner.name), source=inner.source),),
            fixes=FIXES,
        )
