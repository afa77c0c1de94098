"""## What it means

CUDA can't start although the driver answers: its unified-memory module is missing or stuck.

## How it looks

```text
RuntimeError: CUDA unknown error - this may be due to an incorrectly set up environment
CUDA_ERROR_UNKNOWN: unknown error
```

## Why it happens

After suspend the module keeps a state that no new process can use; in containers and on headless servers nobody loaded it.

## How envsetup knows

Only the error text tells: no fact that is read without running the failing program decides it.

## How to fix

- Reload it, with no program on the GPU: `sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm` (root)
- Load it at start: `sudo nvidia-modprobe -u -c=0` (root)
- Or reboot (reboot)

## When to ignore

Never where the GPU is needed.

## Links

- <https://github.com/pytorch/pytorch/issues/49081>
"""

from __future__ import annotations

from envsetup.model import Fix
from envsetup.rules import Symptom, text_rule

text_rule(
    __name__,
    code="DR107",
    slug="uvm-missing-or-stuck",
    title="nvidia-uvm is not loaded, or broken after suspend",
    severity="error",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"CUDA unknown error"),
        Symptom(pattern=r"CUDA_ERROR_UNKNOWN\b"),
        Symptom(pattern=r"cuInit[^\n]{0,40}\b999\b"),
        Symptom(pattern=r"nvidia[-_]uvm[^\n]{0,60}(?:not|fail|missing)", confidence="medium"),
    ),
    ask="`lsmod | grep nvidia_uvm`; `ls -l /dev/nvidia-uvm`; was the machine suspended?",
    fixes=(
        Fix(
            text="Reload it, with no program on the GPU: `sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm`",
            safety="root",
        ),
        Fix(text="Load it at start: `sudo nvidia-modprobe -u -c=0`", safety="root"),
        Fix(text="Or reboot", safety="reboot"),
    ),
)
