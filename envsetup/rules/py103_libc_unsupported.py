"""## What it means

A compiled file wants symbols of a newer glibc than this system has.

## How it looks

```text
ImportError: /lib64/libc.so.6: version `GLIBC_2.28' not found
```

## Why it happens

Wheels from torch 2.7 on need glibc 2.28; Alpine has musl, for which there are none.

## How envsetup knows

Only together with the system: its C library against the wheel's tag.

## How to fix

- Use a system or container image with glibc 2.28 or newer (safe)
- Or the last release that fits: `envsetup install-plan` (safe)

## When to ignore

Where a conda-forge build brought its own floor.

## Links

- <https://peps.python.org/pep-0600/>
"""

from __future__ import annotations

from envsetup.model import Fix
from envsetup.rules import Symptom, text_rule

text_rule(
    __name__,
    code="PY103",
    slug="libc-unsupported",
    title="The C library is musl, or too old for the wheel",
    severity="error",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"version .GLIBC_2\.\d{1,3}. not found"),
        Symptom(pattern=r"ld-musl|libc\.musl", confidence="medium"),
        Symptom(pattern=r"libm\.so\.6: version .GLIBC"),
    ),
    ask="`ldd --version | head -1`",
    fixes=(
        Fix(text="Use a system or container image with glibc 2.28 or newer"),
        Fix(text="Or the last release that fits: `envsetup install-plan`"),
    ),
)
