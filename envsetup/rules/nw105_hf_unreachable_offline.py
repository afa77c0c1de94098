"""## What it means

A model isn't in the cache and the hub doesn't answer.

## How it looks

```text
OSError: We couldn't connect to 'https://huggingface.co' to load the files
LocalEntryNotFoundError
```

## Why it happens

No network, or HF_HUB_OFFLINE is set.

## How envsetup knows

The error text.

## How to fix

- Unset HF_HUB_OFFLINE, or download beforehand (safe)

## When to ignore

Offline by design.

## Links

- <https://huggingface.co/docs/transformers/installation>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (Fix(text="Unset HF_HUB_OFFLINE, or download beforehand"),)

text_rule(
    __name__,
    code="NW105",
    slug="hf-unreachable-offline",
    title="The model hub can't be reached",
    severity="note",
    symptoms=(
        Symptom(pattern=r"couldn't connect to 'https://huggingface\.co"),
        Symptom(pattern="LocalEntryNotFoundError"),
        Symptom(pattern="outgoing traffic has been disabled"),
    ),
    fixes=FIXES,
)
