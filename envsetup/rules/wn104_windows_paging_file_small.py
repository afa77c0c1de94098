"""## What it means

Windows must set aside memory for every DLL in each process, and can't.

## How it looks

```text
OSError: [WinError 1455] The paging file is too small for this operation to complete.
```

## Why it happens

Each data loader worker loads all CUDA DLLs anew, some 3 GiB of commit each.

## How envsetup knows

The error text.

## How to fix

- Fewer data loader workers (safe)
- Let Windows manage the paging file, or set at least 32 GB (reboot)

## When to ignore

Never.

## Links

- <https://github.com/ultralytics/yolov3/issues/1643>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(text="Use fewer data loader workers"),
    Fix(text="Let Windows manage the paging file, or set at least 32 GB", safety="reboot"),
)

text_rule(
    __name__,
    code="WN104",
    slug="windows-paging-file-small",
    title="The paging file is too small for the CUDA DLLs",
    severity="error",
    platforms=("windows",),
    symptoms=(
        Symptom(pattern=r"WinError 1455\]"),
        Symptom(pattern="paging file is too small"),
    ),
    fixes=FIXES,
)
