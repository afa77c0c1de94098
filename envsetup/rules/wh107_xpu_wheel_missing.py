"""## What it means

torch has no XPU support built in although an Intel GPU is to compute.

## How it looks

```text
RuntimeError: PyTorch is not linked with support for xpu devices
AssertionError: Torch not compiled with XPU enabled
```

## Why it happens

The XPU build lies on its own index; a later install from the default index replaced it.

## How envsetup knows

Only the error text tells: no fact that is read without running the failing program decides it.

## How to fix

- Install the XPU build: `envsetup install-plan --backend xpu` (safe)

## When to ignore

Where the GPU is a display adapter of older generations: see XP104.

## Links

- <https://docs.pytorch.org/docs/stable/notes/get_start_xpu.html>
"""

from __future__ import annotations

from envsetup.model import Fix
from envsetup.rules import Symptom, text_rule

text_rule(
    __name__,
    code="WH107",
    slug="xpu-wheel-missing",
    title="Intel GPU present but the build is not the XPU build",
    severity="warning",
    symptoms=(
        Symptom(pattern=r"not linked with support for xpu devices"),
        Symptom(pattern=r"Torch not compiled with XPU enabled"),
        Symptom(pattern=r"XPU (?:wheel|build)[^\n]{0,40}CPU (?:wheel|build)", confidence="medium"),
    ),
    ask="`python -c 'import torch; print(torch.__version__)'`: does it end in +xpu?",
    fixes=(Fix(text="Install the XPU build: `envsetup install-plan --backend xpu`"),),
)
