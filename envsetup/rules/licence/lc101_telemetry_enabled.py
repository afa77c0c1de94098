"""## What it means

Some tools send statistics unless told not to.

## How it looks

Nothing is printed.

## Why it happens

It is their default.

## How envsetup knows

vllm, wandb or gradio is installed and no variable opts out.

## How to fix

- `export DO_NOT_TRACK=1 HF_HUB_DISABLE_TELEMETRY=1 VLLM_NO_USAGE_STATS=1` (safe)

## When to ignore

Where you don't mind.

## Links

- <https://docs.vllm.ai/en/latest/usage/usage_stats.html>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import text_rule
from envsetup.rules.undecidable import NO_FAULT

FIXES = (Fix(text="`export DO_NOT_TRACK=1 HF_HUB_DISABLE_TELEMETRY=1 VLLM_NO_USAGE_STATS=1`"),)

text_rule(
    __name__,
    undecidable=NO_FAULT,
    code="LC101",
    slug="telemetry-enabled",
    title="Packages here report their use",
    severity="note",
    fixes=FIXES,
)
