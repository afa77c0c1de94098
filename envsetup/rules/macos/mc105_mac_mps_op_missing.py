"""## What it means

torch has no MPS kernel for this operator yet.

## How it looks

```text
NotImplementedError: The operator 'aten::…' is not currently implemented for the MPS device.
```

## Why it happens

MPS covers fewer operators than CUDA.

## How envsetup knows

The error text.

## How to fix

- A newer torch (safe)
- `export PYTORCH_ENABLE_MPS_FALLBACK=1` before torch is imported: that operator runs on the
  CPU, slowly (safe)

## When to ignore

Where the slow way is fine.

## Links

- <https://docs.pytorch.org/docs/stable/notes/mps.html>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import RUNNING

FIXES = (
    Fix(text="Install a newer torch: `envsetup install-plan` says how"),
    Fix(
        text=(
            "`export PYTORCH_ENABLE_MPS_FALLBACK=1` before torch is imported: that operator "
            "runs on the CPU, slowly"
        )
    ),
)

text_rule(
    __name__,
    undecidable=RUNNING,
    code="MC105",
    slug="mac-mps-op-missing",
    title="An operator isn't implemented on MPS",
    severity="note",
    platforms=("macos",),
    symptoms=(
        Symptom(pattern="not (?:currently )?implemented for the MPS device"),
        Symptom(pattern="PYTORCH_ENABLE_MPS_FALLBACK"),
        Symptom(pattern=r"arguments from the '\w{0,12}MPS' backend", confidence="medium"),
        Symptom(
            pattern=r"\bnot (?:currently |yet )?(?:implemented|supported) (?:on|for|in) (?:the )?MPS\b"
        ),
        Symptom(pattern=r"MPS does not support \w"),
        Symptom(pattern="MPS: no support for"),
        Symptom(pattern="MPS framework doesn't support"),
        Symptom(pattern=r"failed assertion .{0,20}\[MPS\w", confidence="medium"),
        Symptom(pattern="MPSGraphUtilities|MPSNDArray", confidence="medium"),
        Symptom(pattern="IOGPUMetalCommandBuffer", confidence="medium"),
        Symptom(pattern=r"\bMPS autocast\b", confidence="medium"),
    ),
    fixes=FIXES,
)
