"""## What it means

xformers' compiled parts aren't loaded; its slow paths or an error follow.

## How it looks

```text
WARNING[XFORMERS]: xFormers can't load C++/CUDA extensions. xFormers was built for: PyTorch 2.1.2+cu121 with CUDA 1201 (you have 2.1.2+cpu)
```

## Why it happens

Each release fits one torch.

## How envsetup knows

Its Requires-Dist on torch against the installed version.

## How to fix

- Install xformers and torch together from the same index (safe)
- Or uninstall xformers (safe)

## When to ignore

Where it isn't used.

## Links

- <https://github.com/facebookresearch/xformers/issues/982>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(text="Install xformers and torch together from the same index"),
    Fix(text="Or uninstall xformers"),
)

text_rule(
    __name__,
    code="AB105",
    slug="xformers-mismatch",
    title="xformers was built for another torch",
    severity="warning",
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern=r"xFormers can't load C\+\+/CUDA extensions"),
        Symptom(pattern="xFormers was built for"),
    ),
    fixes=FIXES,
)
