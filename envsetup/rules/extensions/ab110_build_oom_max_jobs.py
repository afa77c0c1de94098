"""## What it means

The compiler was ended: too many jobs at once, each needs gigabytes.

## How it looks

```text
c++: fatal error: Killed signal terminated program cc1plus
```

## Why it happens

MAX_JOBS is unset, so every core compiles.

## How envsetup knows

The error text.

## How to fix

- `MAX_JOBS=4 NVCC_THREADS=1 pip install …` (safe)

## When to ignore

Without a build from source.

## Links

- <https://docs.pytorch.org/docs/stable/cpp_extension.html>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import BUILDING

FIXES = (Fix(text="`MAX_JOBS=4 NVCC_THREADS=1 pip install …`"),)

text_rule(
    __name__,
    undecidable=BUILDING,
    code="AB110",
    slug="build-oom-max-jobs",
    title="Building an extension runs out of memory",
    severity="warning",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="Killed signal terminated program"),
        Symptom(pattern=r"(?:cc1plus|cicc|nvcc|ptxas).{0,60}\bKilled\b"),
        Symptom(pattern="nvcc error.{0,60}died due to signal 9"),
        Symptom(pattern=r"virtual memory exhausted: Cannot allocate memory", confidence="medium"),
        Symptom(pattern=r"cc1plus: out of memory allocating"),
        Symptom(pattern=r"internal compiler error: Killed"),
        Symptom(pattern=r"terminated with signal 9 \[Killed\]"),
        Symptom(pattern=r"compiler is out of heap space"),
        Symptom(pattern=r"\bKilled (?:CMake Error|make\b)", confidence="medium"),
        Symptom(pattern=r"\bninja\b.{0,40}Cannot allocate memory"),
    ),
    suppresses=("CT108",),
    fixes=FIXES,
)
