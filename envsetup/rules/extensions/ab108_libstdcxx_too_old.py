"""## What it means

A library needs a newer C++ runtime than the one that the loader finds first.

## How it looks

```text
ImportError: /lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by …/libtorch_python.so)
```

## Why it happens

An old system or Conda copy comes before the newer one.

## How envsetup knows

The error text names both files.

## How to fix

- `unset LD_LIBRARY_PATH` and try again (safe)
- Conda: `conda install -c conda-forge libstdcxx-ng` (safe)
- Else a newer distribution, or the extension built here (safe)

## When to ignore

Where that extension isn't used.

## Links

- <https://github.com/pytorch/pytorch/issues/157709>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import RUNNING

FIXES = (
    Fix(text="`unset LD_LIBRARY_PATH` and try again"),
    Fix(text="Conda: `conda install -c conda-forge libstdcxx-ng`"),
    Fix(text="Else a newer distribution, or the extension built here"),
)

text_rule(
    __name__,
    undecidable=RUNNING,
    code="AB108",
    slug="libstdcxx-too-old",
    title="The libstdc++ found first is too old",
    severity="error",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"version [`']?(?:GLIBCXX|CXXABI)_[\d.]+'? not found"),
        Symptom(pattern=r"GLIBCXX_3\.4\.\d+", confidence="medium"),
    ),
    suppresses=("AB104",),
    fixes=FIXES,
)
