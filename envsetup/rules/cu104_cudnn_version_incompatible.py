"""## What it means

torch found another cuDNN than the one that it was compiled against.

## How it looks

```text
RuntimeError: cuDNN version incompatibility: PyTorch was compiled against (9, 1, 0) but found runtime version (8, 9, 2).
```

## Why it happens

A cuDNN of the system, of conda or of another framework in the same environment is loaded first, or nvidia-cudnn was changed by another package.

## How envsetup knows

Only the error text tells: no fact that is read without running the failing program decides it.

## How to fix

- Start without LD_LIBRARY_PATH and see whether it goes away (safe)
- Reinstall the nvidia-cudnn package at the version that torch pins (safe)

## When to ignore

Never: convolutions fail or are wrong.

## Links

- <https://github.com/pytorch/pytorch/issues/119989>
"""

from __future__ import annotations

from envsetup.model import Fix
from envsetup.rules import Symptom, text_rule

text_rule(
    __name__,
    code="CU104",
    slug="cudnn-version-incompatible",
    title="Runtime cuDNN is older than torch was built with",
    severity="error",
    symptoms=(
        Symptom(pattern=r"cuDNN version (?:incompatibility|mismatch)"),
        Symptom(
            pattern=r"PyTorch was compiled against[^\n]{1,40}but (?:found runtime version|linked against)"
        ),
        Symptom(
            pattern=r"CUDNN_STATUS_VERSION_MISMATCH|CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH",
            confidence="medium",
        ),
        Symptom(pattern=r"library: [\d.]{1,10} but source was compiled with"),
        Symptom(pattern=r"CUDNN_STATUS_NOT_INITIALIZED", confidence="low"),
        Symptom(pattern=r"cuDNN failed to initialize", confidence="medium"),
        Symptom(pattern=r"Found cuDNN version \d{3,6}, but .{1,30} built against"),
        Symptom(
            pattern=r"unable to find an engine to execute this computation|No execution plans support the graph|CUDNN_STATUS_(?:EXECUTION_FAILED|INTERNAL_ERROR|MAPPING_ERROR)",
            confidence="low",
        ),
    ),
    ask="`python -c 'import torch; print(torch.backends.cudnn.version())'`",
    fixes=(
        Fix(text="Start without LD_LIBRARY_PATH and see whether it goes away"),
        Fix(text="Reinstall the nvidia-cudnn package at the version that torch pins"),
    ),
)
