"""## What it means

Packages of a Linux driver put their own libcuda before WSL's; it finds no kernel driver.

## How it looks

```text
CUDA_ERROR_NO_DEVICE
Failed to initialize NVML: GPU access blocked by the operating system
```

## Why it happens

Guides for real Linux install `nvidia-driver-*` or `cuda`, which pulls the driver in.

## How envsetup knows

The error text, and which libcuda the loader finds.

## How to fix

- `sudo apt purge 'nvidia-driver-*' 'libnvidia-compute-*' cuda-drivers` (deletes)
- Of CUDA install only cuda-toolkit-*, from NVIDIA's WSL repository (root)
- In Windows: `wsl --shutdown` (safe)

## When to ignore

Where only cuda-toolkit packages are there.

## Links

- <https://github.com/microsoft/WSL/issues/9092>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(
        text="`sudo apt purge 'nvidia-driver-*' 'libnvidia-compute-*' cuda-drivers`",
        safety="deletes",
    ),
    Fix(text="Of CUDA install only cuda-toolkit-*, from NVIDIA's WSL repository", safety="root"),
    Fix(text="In Windows: `wsl --shutdown`"),
)

text_rule(
    __name__,
    code="WS102",
    slug="wsl-linux-driver-installed",
    title="A Linux NVIDIA driver was installed inside WSL",
    severity="error",
    platforms=("linux",),
    symptoms=(Symptom(pattern="GPU access blocked by the operating system"),),
    suppresses=("WS101", "DR101"),
    ask="In WSL: `dpkg -l | grep -E 'nvidia-driver|libnvidia-compute'`.",
    fixes=FIXES,
)
