"""## What it means

torch's helper for shared files doesn't start.

## How it looks

```text
RuntimeError: torch_shm_manager at "…/torch/bin/torch_shm_manager": could not generate a random directory for manager socket
```

## Why it happens

It lost its execute bit, lies on a noexec mount, or TMPDIR is too long for a socket's name.

## How envsetup knows

The error text.

## How to fix

- A short TMPDIR (safe)
- `pip install --force-reinstall --no-deps torch` in the same version and build (safe)

## When to ignore

With file-descriptor sharing.

## Links

- <https://github.com/pytorch/pytorch>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(text="Set a short TMPDIR"),
    Fix(text=("`pip install --force-reinstall --no-deps torch` in the same version and build")),
)

text_rule(
    __name__,
    code="DL105",
    slug="shm-manager-not-executable",
    title="torch_shm_manager can't run",
    severity="error",
    platforms=("linux", "macos"),
    symptoms=(Symptom(pattern="torch_shm_manager"),),
    fixes=FIXES,
)
