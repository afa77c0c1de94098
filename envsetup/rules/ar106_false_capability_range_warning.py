"""## What it means

torch warns of a capability range, and the GPU's kernels are there all the same.

## How it looks

```text
Found GPU0 NVIDIA GB10 which is of cuda capability 12.1. Minimum and Maximum cuda capability supported by this version of PyTorch is (8.0) - (12.0)
```

## Why it happens

The warning compares numbers; a kernel for 12.0 runs on 12.1.

## How envsetup knows

The numbers in the text: the same major, a higher minor than the stated maximum.

## How to fix

- Nothing: prove it with `envsetup doctor` (safe)

## When to ignore

Always, where the computation is right.

## Links

- <https://github.com/pytorch/pytorch/issues/164342>
"""

from __future__ import annotations

from envsetup.model import Fix
from envsetup.rules import Symptom, text_rule

text_rule(
    __name__,
    code="AR106",
    slug="false-capability-range-warning",
    title="Harmless warning: capability above the stated range",
    severity="note",
    symptoms=(
        Symptom(pattern=r"capability 12\.1\b"),
        Symptom(pattern=r"capability 10\.3\b", confidence="medium"),
    ),
    ask="`envsetup checks run kernel-launch`",
    fixes=(Fix(text="Nothing: prove it with `envsetup doctor`"),),
)
