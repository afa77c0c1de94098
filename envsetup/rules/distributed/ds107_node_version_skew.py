"""## What it means

Ranks disagree on torch, NCCL or driver.

## How it looks

```text
NCCL WARN … mismatched NCCL version
ncclInvalidUsage
```

## Why it happens

Images or lock files differ.

## How envsetup knows

The error text.

## How to fix

- One image or lock file everywhere; compare with `envsetup report diff` (safe)

## When to ignore

For patch releases of drivers.

## Links

- <https://github.com/NVIDIA/nccl/issues/286>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import ELSEWHERE

FIXES = (Fix(text="Use one image or lock file everywhere; compare with `envsetup report diff`"),)

text_rule(
    __name__,
    undecidable=ELSEWHERE,
    code="DS107",
    slug="node-version-skew",
    title="Nodes run different versions",
    severity="error",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="mismatched NCCL version"),
        Symptom(pattern="Mismatched collective"),
        Symptom(pattern="ncclInvalidUsage", confidence="low"),
        Symptom(pattern=r"NCCL error\b.{0,160}invalid usage", confidence="low"),
        Symptom(pattern=r"mismatch between collectives", confidence="medium"),
        Symptom(pattern=r"NCCL version mismatch"),
    ),
    fixes=FIXES,
)
