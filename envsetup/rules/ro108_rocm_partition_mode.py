"""## What it means

An MI300 shows as several devices.

## How it looks

```text
torch.cuda.device_count() is a multiple of the cards
```

## Why it happens

The compute partition isn't SPX.

## How envsetup knows

No fact tells the partition; this page explains it.

## How to fix

- `sudo amd-smi set --compute-partition SPX` (root)

## When to ignore

Where it was chosen.

## Links

- <https://github.com/pytorch/pytorch/issues/131901>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (Fix(text="`sudo amd-smi set --compute-partition SPX`", safety="root"),)

text_rule(
    __name__,
    code="RO108",
    slug="rocm-partition-mode",
    title="Partition mode changes the number of GPUs",
    severity="note",
    platforms=("linux",),
    symptoms=(Symptom(pattern=r"compute.partition\W{1,4}(?:CPX|DPX|QPX)", confidence="medium"),),
    fixes=FIXES,
)
