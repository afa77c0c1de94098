"""## What it means

The container isn't started, since the image names a CUDA version above the driver's.

## How it looks

```text
nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.4, please update your driver to a newer version
```

## Why it happens

CUDA base images carry NVIDIA_REQUIRE_CUDA, and the toolkit compares it with the driver.

## How envsetup knows

The engine's words.

## How to fix

- An image with a lower CUDA version (safe)
- Update the host's driver (reboot)

## When to ignore

On data-centre GPUs with the compatibility package; NVIDIA_DISABLE_REQUIRE=1 is a test, no cure.

## Links

- <https://github.com/Haidra-Org/horde-worker-reGen/issues/349>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import OUTSIDE

FIXES = (
    Fix(text="Take an image with a lower CUDA version"),
    Fix(text="Update the host's driver", safety="reboot"),
)

text_rule(
    __name__,
    undecidable=OUTSIDE,
    code="CT112",
    slug="nvidia-require-cuda-blocks",
    title="The image demands a newer driver than the host has",
    severity="error",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="unsatisfied condition: cuda"),
        Symptom(pattern="nvidia-container-cli: requirement error"),
    ),
    suppresses=("CT104",),
    fixes=FIXES,
)
