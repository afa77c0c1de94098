"""## What it means

The kernel refuses further mappings although memory is free.

## How it looks

```text
OSError: [Errno 12] Cannot allocate memory
RuntimeError: unable to mmap
```

## Why it happens

Overcommit is forbidden, or max_map_count is small.

## How envsetup knows

The error text.

## How to fix

- `ulimit -v unlimited` (safe)
- `sudo sysctl vm.overcommit_memory=0 vm.max_map_count=262144` (root)

## When to ignore

Without the symptom.

## Links

- <https://docs.kernel.org/admin-guide/sysctl/vm.html>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(text="`ulimit -v unlimited`"),
    Fix(text="`sudo sysctl vm.overcommit_memory=0 vm.max_map_count=262144`", safety="root"),
)

text_rule(
    __name__,
    code="DL106",
    slug="vm-max-map-count-low",
    title="Memory maps are limited too strictly",
    severity="note",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="unable to mmap"),
        Symptom(pattern=r"\[Errno 12\] Cannot allocate memory"),
    ),
    excludes=("ibv_",),
    fixes=FIXES,
)
