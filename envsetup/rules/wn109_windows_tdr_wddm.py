"""## What it means

A GPU that drives a display must answer within seconds, else Windows resets it.

## How it looks

```text
CUDA error: the launch timed out and was terminated
```

## Why it happens

WDDM's time-out (TDR); the same driver model spills GPU memory into main memory silently.

## How envsetup knows

The error text.

## How to fix

- Shorter kernels, smaller batches (safe)
- TCC or MCDM where the card allows it: `nvidia-smi -fdm` (reboot)
- TdrDelay=60 in the registry (reboot)

## When to ignore

For short kernels.

## Links

- <https://learn.microsoft.com/windows-hardware/drivers/display/timeout-detection-and-recovery>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(text="Run shorter kernels, smaller batches"),
    Fix(text="TCC or MCDM where the card allows it: `nvidia-smi -fdm`", safety="reboot"),
    Fix(text="Set TdrDelay=60 in the registry", safety="reboot"),
)

text_rule(
    __name__,
    code="WN109",
    slug="windows-tdr-wddm",
    title="Windows' display watchdog ends long kernels",
    severity="note",
    platforms=("windows",),
    symptoms=(
        Symptom(pattern="the launch timed out and was terminated"),
        Symptom(pattern=r"Display driver \S{0,20} ?stopped responding"),
    ),
    fixes=FIXES,
)
