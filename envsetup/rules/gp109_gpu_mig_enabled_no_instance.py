"""## What it means

A GPU in MIG mode offers instances only; none is made, or the name given isn't one.

## How it looks

```text
ValueError: invalid literal for int() with base 10: 'MIG-...'
RuntimeError: No CUDA GPUs are available
```

## Why it happens

MIG was switched on without making instances; CUDA_VISIBLE_DEVICES holds a form that a program can't read.

## How envsetup knows

Only the error text tells: no fact that is read without running the failing program decides it.

## How to fix

- Make instances: `sudo nvidia-smi mig -cgi 0 -C` (root)
- Name an instance by its UUID from `nvidia-smi -L` in CUDA_VISIBLE_DEVICES (safe)
- Or switch MIG off: `sudo nvidia-smi -mig 0` (root)

## When to ignore

Where MIG isn't used.

## Links

- <https://docs.nvidia.com/datacenter/tesla/mig-user-guide/>
"""

from __future__ import annotations

from envsetup.model import Fix
from envsetup.rules import Symptom, text_rule

text_rule(
    __name__,
    code="GP109",
    slug="gpu-mig-enabled-no-instance",
    title="MIG is on, but there is no instance, or the selector is wrong",
    severity="error",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"invalid literal for int\(\) with base 10: .MIG-"),
        Symptom(
            pattern=r"MIG (?:mode )?(?:is )?enabled[^\n]{0,60}no (?:MIG )?(?:devices|instances?)"
        ),
        Symptom(pattern=r"No MIG devices found"),
    ),
    ask="`nvidia-smi -L`: are MIG devices listed below the GPU?",
    fixes=(
        Fix(text="Make instances: `sudo nvidia-smi mig -cgi 0 -C`", safety="root"),
        Fix(text="Name an instance by its UUID from `nvidia-smi -L` in CUDA_VISIBLE_DEVICES"),
        Fix(text="Or switch MIG off: `sudo nvidia-smi -mig 0`", safety="root"),
    ),
)
