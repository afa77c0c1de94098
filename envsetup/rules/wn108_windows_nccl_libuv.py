"""## What it means

Windows builds have neither NCCL nor, in some releases, libuv.

## How it looks

```text
RuntimeError: use_libuv was requested but PyTorch was build without libuv support
RuntimeError: Distributed package doesn't have NCCL built in
```

## Why it happens

NCCL isn't published for Windows; libuv became the default before its build had it.

## How envsetup knows

The error text.

## How to fix

- `set USE_LIBUV=0` (safe)
- `init_process_group("gloo")` (safe)
- Or work in WSL 2 (safe)

## When to ignore

In a single process.

## Links

- <https://github.com/pytorch/pytorch/issues/139990>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(text="`set USE_LIBUV=0`"),
    Fix(text='`init_process_group("gloo")`'),
    Fix(text="Or work in WSL 2"),
)

text_rule(
    __name__,
    code="WN108",
    slug="windows-nccl-libuv",
    title="Distributed features that Windows lacks",
    severity="warning",
    platforms=("windows",),
    symptoms=(
        Symptom(pattern="use_libuv was requested"),
        Symptom(pattern="Distributed package doesn't have NCCL"),
        Symptom(pattern=r"No module named 'torch\._C\._distributed_c10d'", confidence="medium"),
    ),
    fixes=FIXES,
)
