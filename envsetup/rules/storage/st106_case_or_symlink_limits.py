"""## What it means

Caches copy in place of linking.

## How it looks

```text
`huggingface_hub` cache-system uses symlinks by default … your machine does not support them
warning: Failed to hardlink files; falling back to full copy
```

## Why it happens

exFAT, another disk, or Windows without developer mode.

## How envsetup knows

The error text.

## How to fix

- uv: cache and environment on one file system, or UV_LINK_MODE=copy (safe)
- Windows: developer mode (root)

## When to ignore

Where space doesn't matter.

## Links

- <https://docs.astral.sh/uv/concepts/cache/>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import NO_FAULT

FIXES = (
    Fix(text="uv: cache and environment on one file system, or UV_LINK_MODE=copy"),
    Fix(text="Windows: developer mode", safety="root"),
)

text_rule(
    __name__,
    undecidable=NO_FAULT,
    code="ST106",
    slug="case-or-symlink-limits",
    title="The file system lacks links",
    severity="note",
    symptoms=(
        Symptom(pattern="Failed to hardlink file"),
        Symptom(pattern="cache-system uses symlinks"),
        Symptom(pattern=r"WinError 1314\]"),
        Symptom(pattern="Operation not supported: .{0,40}blobs/", confidence="medium"),
    ),
    fixes=FIXES,
)
