"""## What it means

NVIDIA's and Intel's libraries have terms of their own for passing them on.

## How it looks

Nothing is printed.

## Why it happens

GPU builds depend on them.

## How envsetup knows

Licences aren't among the facts; this page explains it.

## How to fix

- Keep the licence files in images; Conda: use conda-forge (safe)

## When to ignore

For private use.

## Links

- <https://docs.nvidia.com/cuda/eula/index.html>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import text_rule
from envsetup.rules.undecidable import NO_FAULT

FIXES = (Fix(text="Keep the licence files in images; Conda: use conda-forge"),)

text_rule(
    __name__,
    undecidable=NO_FAULT,
    code="LC102",
    slug="restricted-licence-component",
    title="Components under vendor terms",
    severity="note",
    fixes=FIXES,
)
