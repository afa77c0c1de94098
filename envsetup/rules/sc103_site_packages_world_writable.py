"""## What it means

Any local user can change what you import.

## How it looks

Nothing is printed.

## Why it happens

A lax umask.

## How envsetup knows

Rights of the folders aren't among the facts; this page explains it.

## How to fix

- `chmod -R go-w <folder>` (safe)

## When to ignore

In containers with one user.

## Links

- <https://github.com/pytorch/pytorch/issues/34238>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import text_rule

FIXES = (Fix(text="`chmod -R go-w <folder>`"),)

text_rule(
    __name__,
    code="SC103",
    slug="site-packages-world-writable",
    title="Others can write the environment",
    severity="warning",
    platforms=("linux", "macos"),
    fixes=FIXES,
)
