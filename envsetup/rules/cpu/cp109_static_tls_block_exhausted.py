"""## What it means

The loader's small reserve for thread-local data is used up when this library arrives.

## How it looks

```text
ImportError: /lib/aarch64-linux-gnu/libgomp.so.1: cannot allocate memory in static TLS block
```

## Why it happens

On aarch64 and with an older glibc several libraries share the reserve; the import order
decides.

## How envsetup knows

The error text names the library.

## How to fix

- Import torch first (before cv2, sklearn) (safe)
- `export LD_PRELOAD=<the library in the message>` (safe)
- A newer glibc (2.32 or later) (reboot)

## When to ignore

Two OpenMP runtimes are another finding (CP102).

## Links

- <https://github.com/NVIDIA-AI-IOT/jetbot/issues/507>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import RUNNING

FIXES = (
    Fix(text="Import torch first (before cv2, sklearn)"),
    Fix(text="`export LD_PRELOAD=<the library in the message>`"),
    Fix(text="Use a system with a newer glibc (2.32 or later)", safety="reboot"),
)

text_rule(
    __name__,
    undecidable=RUNNING,
    code="CP109",
    slug="static-tls-block-exhausted",
    title="Static TLS block exhausted: libgomp comes too late",
    severity="error",
    platforms=("linux",),
    symptoms=(Symptom(pattern="cannot allocate memory in static TLS block"),),
    fixes=FIXES,
)
