"""## What it means

The variable leaves torch no GPU, or names one that is not there.

## How it looks

```text
RuntimeError: No CUDA GPUs are available
RuntimeError: CUDA error: invalid device ordinal
```

## Why it happens

The variable is empty, -1, or holds an index or UUID of another machine; a job scheduler or a launcher set it.

## How envsetup knows

Only together with the machine: the variable's value against its GPUs.

## How to fix

- Print it: `python -c 'import os; print(os.environ.get("CUDA_VISIBLE_DEVICES"))'`; unset or correct it before Python starts (safe)
- Set it before anything imports torch (safe)

## When to ignore

Where the CPU is meant.

## Links

- <https://developer.nvidia.com/blog/cuda-pro-tip-control-gpu-visibility-cuda_visible_devices/>
"""

from __future__ import annotations

from envsetup.model import Fix
from envsetup.rules import Symptom, text_rule

text_rule(
    __name__,
    code="CU112",
    slug="visible-devices-wrong",
    title="CUDA_VISIBLE_DEVICES hides or misnames GPUs",
    severity="warning",
    symptoms=(
        Symptom(pattern=r"No CUDA GPUs are available", confidence="medium"),
        Symptom(pattern=r"invalid device ordinal"),
        Symptom(
            pattern=r"CUDA_ERROR_NO_DEVICE|no CUDA-capable device is detected", confidence="medium"
        ),
        Symptom(
            pattern=r"Attempting to deserialize object on CUDA device \d{1,4}", confidence="medium"
        ),
    ),
    ask="`echo $CUDA_VISIBLE_DEVICES`; `nvidia-smi -L`: does it name a GPU of this machine?",
    fixes=(
        Fix(
            text="Print it: `python -c 'import os; print(os.environ.get(\"CUDA_VISIBLE_DEVICES\"))'`; unset or correct it before Python starts"
        ),
        Fix(text="Set it before anything imports torch"),
    ),
)
