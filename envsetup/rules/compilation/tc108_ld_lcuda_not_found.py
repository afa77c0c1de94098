"""## What it means

The driver's library is there under its versioned name only.

## How it looks

```text
/usr/bin/ld: cannot find -lcuda: No such file or directory
AssertionError: libcuda.so cannot found! Possible files are located at […]
```

## Why it happens

No libcuda.so link, or ldconfig isn't reachable.

## How envsetup knows

The error text.

## How to fix

- `export TRITON_LIBCUDA_PATH=<folder of libcuda.so.1>` (safe)
- `sudo ldconfig` (root)
- For linking: `export LIBRARY_PATH=/usr/local/cuda/lib64/stubs` (safe)

## When to ignore

With a triton that links by path.

## Links

- <https://github.com/pytorch/pytorch/issues/103417>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import BUILDING

FIXES = (
    Fix(text="`export TRITON_LIBCUDA_PATH=<folder of libcuda.so.1>`"),
    Fix(text="`sudo ldconfig`", safety="root"),
    Fix(text="For linking: `export LIBRARY_PATH=/usr/local/cuda/lib64/stubs`"),
)

text_rule(
    __name__,
    undecidable=BUILDING,
    code="TC108",
    slug="ld-lcuda-not-found",
    title="The linker can't find -lcuda",
    severity="warning",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"cannot find -lcuda\b"),
        Symptom(pattern=r"'-lcuda'.{0,560}returned non-zero exit status", confidence="low"),
        Symptom(pattern=r"libcuda\.so cannot found!"),
        Symptom(pattern=r"\bld: .{0,60}-lcuda\b", confidence="medium"),
    ),
    suppresses=("CU106", "CU101", "WS101"),
    fixes=FIXES,
)
