"""## What it means

torch.compile on a GPU needs triton.

## How it looks

```text
torch._inductor.exc.TritonMissing: Cannot find a working triton installation.
```

## Why it happens

It was uninstalled, or the install ran without dependencies.

## How envsetup knows

A Linux GPU build without any triton.

## How to fix

- Install the pin in torch's metadata: `pip install triton==<pin>` (safe)
- Windows: triton-windows (safe)

## When to ignore

With eager code.

## Links

- <https://github.com/pytorch/pytorch/issues/143406>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(text="Install the pin in torch's metadata: `pip install triton==<pin>`"),
    Fix(text="Windows: triton-windows"),
)

text_rule(
    __name__,
    code="TC103",
    slug="triton-missing",
    title="triton isn't installed",
    severity="warning",
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern="TritonMissing"),
        Symptom(pattern="Cannot find a working triton installation"),
        Symptom(pattern="No module named '?triton'?"),
    ),
    fixes=FIXES,
)
