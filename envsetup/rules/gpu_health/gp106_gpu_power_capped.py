"""## What it means

The GPU may draw less than four fifths of its default power and computes slower.

## How it looks

```text
Nothing is printed.
```

## Why it happens

Somebody saved power, noise or a weak supply (`nvidia-smi -pl`).

## How envsetup knows

The power limit in force below 0.8 of the default one, by NVML.

## How to fix

- `sudo nvidia-smi -i <index> -pl <default watts>` (root)

## When to ignore

Where the limit is meant, and on Max-Q laptops.

## Links

- <https://docs.nvidia.com/deploy/nvml-api/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine
from envsetup.rules import Draft, fact_evidence, rule

FIXES = (Fix(text="`sudo nvidia-smi -i <index> -pl <default watts>`", safety="root"),)

FRACTION = 0.8


@rule(
    code="GP106",
    slug="gpu-power-capped",
    title="The power limit is set far below the card's own",
    severity="note",
    platforms=(
        "linux",
        "windows",
    ),
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    for gpu in gpus:
        limit = gpu.health.power_limit_w if gpu.health else None
        default = gpu.health.power_default_w if gpu.health else None
        if limit and default and limit < FRACTION * default:
            name = gpu.name or "the GPU"
            yield Draft(
                message=f"{name} (GPU {gpu.index}) is limited to {limit:g} W of {default:g} W.",
                subject=f"gpu {gpu.index}",
                evidence=(fact_evidence(machine, "gpus", f"{name}: {limit:g} of {default:g} W"),),
                fixes=FIXES,
                severity="note",
            )
