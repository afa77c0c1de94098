"""## What it means

Another process listens on MASTER_PORT.

## How it looks

```text
The server socket has failed to listen on any local network address. port: 29500 … EADDRINUSE
```

## Why it happens

A run that didn't end, or a second job on one machine.

## How envsetup knows

The error text.

## How to fix

- `torchrun --standalone …`, or another MASTER_PORT (safe)
- End the stale run (safe)

## When to ignore

Where your own job holds it.

## Links

- <https://github.com/pytorch/pytorch/issues/105782>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(text="`torchrun --standalone …`, or another MASTER_PORT"),
    Fix(text="End the stale run"),
)

text_rule(
    __name__,
    code="DS105",
    slug="master-port-in-use",
    title="The rendezvous port is taken",
    severity="error",
    symptoms=(
        Symptom(pattern="server socket has failed to (?:listen|bind)"),
        Symptom(pattern="EADDRINUSE"),
        Symptom(pattern="Address already in use"),
        Symptom(pattern=r"WinError 10048"),
    ),
    fixes=FIXES,
)
