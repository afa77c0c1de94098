"""## What it means

XPU wheels serve Arc, Data Center Max and Core Ultra GPUs; older ones only partly work.

## How it looks

```text
RuntimeError: No available kernel. Aborting execution.
The device … doesn't support querying the available free memory
```

## Why it happens

Older graphics lack features that the kernels use.

## How envsetup knows

The error text.

## How to fix

- Use the CPU build (safe)

## When to ignore

Where the GPU is only for display.

## Links

- <https://docs.pytorch.org/docs/stable/notes/get_start_xpu.html>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (Fix(text="Use the CPU build"),)

text_rule(
    __name__,
    code="XP104",
    slug="xpu-unsupported-gpu",
    title="This Intel GPU isn't on the supported list",
    severity="warning",
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern="doesn't support querying the available free memory"),
        Symptom(pattern="xpu.{0,200}No available kernel", confidence="medium"),
        Symptom(pattern=r"program was built for \d{1,2} devices.{0,120}Intel", confidence="medium"),
    ),
    fixes=FIXES,
)
