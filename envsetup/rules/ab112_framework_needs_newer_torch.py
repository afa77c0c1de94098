"""## What it means

transformers or another framework refuses this torch and goes on without it.

## How it looks

```text
Disabling PyTorch because PyTorch >= 2.4 is required but found 2.2.2
None of PyTorch, TensorFlow >= 2.0, or Flax have been found.
```

## Why it happens

The framework moved its floor.

## How envsetup knows

The error text.

## How to fix

- A newer torch (safe)
- Or an older release of the framework (safe)

## When to ignore

Where that extra isn't used.

## Links

- <https://github.com/zylon-ai/private-gpt/issues/1876>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(text="A newer torch"),
    Fix(text="Or an older release of the framework"),
)

text_rule(
    __name__,
    code="AB112",
    slug="framework-needs-newer-torch",
    title="A framework needs a newer torch",
    severity="error",
    symptoms=(
        Symptom(pattern="Disabling PyTorch because PyTorch"),
        Symptom(pattern="None of PyTorch, TensorFlow"),
    ),
    fixes=FIXES,
)
