"""## What it means

Homebrew's libomp and the one in torch are both loaded.

## How it looks

```text
OMP: Error #15: Initializing libomp.dylib, but found libomp.dylib already initialized.
```

## Why it happens

An extension was built against Homebrew's copy.

## How envsetup knows

The error text: which of several copies a program loads, it decides while it runs.

## How to fix

- Take all packages from one source, or rebuild the extension against torch's copy (safe)

## When to ignore

Where nothing links Homebrew's copy.

## Links

- <https://github.com/pytorch/pytorch/issues/44282>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import RUNNING

FIXES = (
    Fix(text=("Take all packages from one source, or rebuild the extension against torch's copy")),
)

text_rule(
    __name__,
    undecidable=RUNNING,
    code="MC108",
    slug="mac-libomp-duplicate",
    title="Two copies of libomp on a Mac",
    severity="warning",
    platforms=("macos",),
    symptoms=(Symptom(pattern=r"OMP: Error #15.{0,40}libi?omp5?\.dylib"),),
    suppresses=("CP102",),
    fixes=FIXES,
)
