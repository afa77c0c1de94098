"""## What it means

Network traffic takes a detour through main memory.

## How it looks

Nothing is printed.

## Why it happens

nvidia_peermem isn't loaded and there is no dma-buf.

## How envsetup knows

The error text.

## How to fix

- `sudo modprobe nvidia-peermem` (root)

## When to ignore

With dma-buf.

## Links

- <https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (Fix(text="`sudo modprobe nvidia-peermem`", safety="root"),)

text_rule(
    __name__,
    code="DS110",
    slug="gdr-peermem-missing",
    title="GPUDirect RDMA isn't active",
    severity="note",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="GPU Direct RDMA Disabled"),
        Symptom(pattern="nvidia.peermem.{0,60}(?:not found|not loaded)"),
    ),
    fixes=FIXES,
)
