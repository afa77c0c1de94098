"""## What it means

GPUs wait for each other for ever where the IOMMU translates their traffic.

## How it looks

```text
RCCL or DDP hangs at 100 % GPU
```

## Why it happens

The IOMMU is active without pass-through.

## How envsetup knows

The kernel's command line isn't among the facts; the words of a log tell.

## How to fix

- Add `iommu=pt` to the kernel's command line (reboot)

## When to ignore

With one GPU, or in a virtual machine.

## Links

- <https://github.com/ROCm/rccl/issues/1129>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (Fix(text="Add `iommu=pt` to the kernel's command line", safety="reboot"),)

text_rule(
    __name__,
    code="RO107",
    slug="rocm-iommu-pt",
    title="Several AMD GPUs hang without iommu=pt",
    severity="warning",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"\biommu=pt\b", confidence="medium"),
        Symptom(pattern=r"RCCL.{0,100}\bhang", confidence="medium"),
        Symptom(pattern="HW Exception by GPU node", confidence="low"),
    ),
    fixes=FIXES,
)
