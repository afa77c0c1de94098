"""## What it means

An MI300 shows as several devices.

## How it looks

```text
torch.cuda.device_count() is a multiple of the cards
```

## Why it happens

The compute partition isn't SPX.

## How envsetup knows

`current_compute_partition` of the device, where it is another than SPX.

## How to fix

- `sudo amd-smi set --compute-partition SPX` (root)

## When to ignore

Where it was chosen.

## Links

- <https://github.com/pytorch/pytorch/issues/131901>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (Fix(text="`sudo amd-smi set --compute-partition SPX`", safety="root"),)


@rule(
    code="RO108",
    slug="rocm-partition-mode",
    title="Partition mode changes the number of GPUs",
    severity="note",
    platforms=("linux",),
    symptoms=(Symptom(pattern=r"compute.partition\W{1,4}(?:CPX|DPX|QPX)", confidence="medium"),),
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    modes = sorted({g.compute_partition for g in gpus if g.compute_partition} - {"SPX"})
    if not modes:
        return
    yield Draft(
        message=f"AMD GPUs are partitioned ({', '.join(modes)}): each shows as several, with a part of its memory.",
        evidence=(fact_evidence(machine, "gpus", ", ".join(modes)),),
        fixes=FIXES,
    )
