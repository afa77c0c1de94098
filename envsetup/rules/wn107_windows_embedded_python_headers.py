"""## What it means

The embeddable Python lacks Python.h and its import library, so nothing can be compiled against
it.

## How it looks

```text
error: include file 'Python.h' not found
UserWarning: Failed to find Python libs.
```

## Why it happens

Portable bundles ship the embeddable package.

## How envsetup knows

The error text.

## How to fix

- Use a full Python of the same version, or copy its Include and libs folders beside python.exe
  (safe)

## When to ignore

Where nothing is compiled.

## Links

- <https://github.com/woct0rdho/triton-windows/issues/96>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(
        text=(
            "Use a full Python of the same version, or copy its Include and libs folders "
            "beside python.exe"
        )
    ),
)

text_rule(
    __name__,
    code="WN107",
    slug="windows-embedded-python-headers",
    title="This embedded Python has no headers",
    severity="warning",
    platforms=("windows",),
    symptoms=(
        Symptom(pattern=r"include file 'Python\.h' not found"),
        Symptom(pattern="Failed to find Python libs"),
        Symptom(pattern=r"cannot open file 'python3\d+\.lib'"),
        Symptom(pattern=r"(?:tcc|cl)\.exe\b.{0,300}cuda_utils\.c", confidence="medium"),
        Symptom(
            pattern=r"fatal error C1083.{0,100}Python\.h|Cannot open include file: .?Python\.h"
        ),
        Symptom(pattern=r"(?:tcc|cl)\.exe\b.{0,560}python_embed", confidence="medium"),
    ),
    fixes=FIXES,
)
