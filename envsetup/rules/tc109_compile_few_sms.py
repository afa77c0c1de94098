"""## What it means

max-autotune needs many multiprocessors, Triton a capability of 7.0.

## How it looks

```text
Not enough SMs to use max_autotune_gemm mode
Found … which is too old to be supported by the triton GPU compiler
```

## Why it happens

A small or old GPU.

## How envsetup knows

A GPU with a capability below 7.0.

## How to fix

- Don't use mode="max-autotune"; eager below 7.0 (safe)

## When to ignore

Where nothing is compiled.

## Links

- <https://docs.pytorch.org/docs/stable/torch.compiler.html>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (Fix(text='Don\'t use mode="max-autotune"; eager below 7.0'),)

text_rule(
    __name__,
    code="TC109",
    slug="compile-few-sms",
    title="The GPU is too small or old for all of Inductor",
    severity="note",
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern="Not enough SMs to use max_autotune"),
        Symptom(pattern="too old to be supported by the triton"),
    ),
    suppresses=("AR102",),
    fixes=FIXES,
)
