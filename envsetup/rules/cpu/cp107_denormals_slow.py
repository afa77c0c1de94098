"""## What it means

Numbers next to zero take the CPU's slow path.

## How it looks

Nothing is printed.

## Why it happens

Decaying activations or audio tails reach that range.

## How envsetup knows

Only a measurement tells; this page explains it.

## How to fix

- `torch.set_flush_denormal(True)` (safe)

## When to ignore

On GPUs.

## Links

- <https://docs.pytorch.org/docs/stable/generated/torch.set_flush_denormal.html>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import RUNNING

FIXES = (Fix(text="`torch.set_flush_denormal(True)`"),)

text_rule(
    __name__,
    undecidable=RUNNING,
    code="CP107",
    slug="denormals-slow",
    title="Denormal numbers slow the CPU down",
    severity="note",
    symptoms=(Symptom(pattern=r"\bdenormals? .{0,60}slow", confidence="medium"),),
    fixes=FIXES,
)
