"""## What it means

An extension is compiled by a toolkit whose CUDA differs from torch's own.

## How it looks

```text
RuntimeError: The detected CUDA version (12.2) mismatches the version that was used to compile PyTorch (11.8).
```

## Why it happens

CUDA_HOME, or the nvcc first on PATH, belongs to another toolkit; torch brings no compiler.

## How envsetup knows

nvcc's version beside torch.version.cuda, where the text doesn't tell it already.

## How to fix

- Install the toolkit of torch's CUDA major beside the other, and set CUDA_HOME to it for the build (root)
- Or take a wheel of the extension for this torch (safe)

## When to ignore

Where nothing is compiled.

## Links

- <https://github.com/pytorch/pytorch/issues/69460>
"""

from __future__ import annotations

from envsetup.model import Fix
from envsetup.rules import Symptom, text_rule

text_rule(
    __name__,
    code="CU108",
    slug="cuda-home-toolkit-mismatch",
    title="nvcc is of another CUDA than torch was built with",
    severity="warning",
    symptoms=(
        Symptom(
            pattern=r"detected CUDA version \([\d.]{1,8}\) mismatches the version that was used to compile PyTorch"
        ),
        Symptom(
            pattern=r"Cuda extensions are being compiled with a version of Cuda that does not match"
        ),
        Symptom(
            pattern=r"Installed CUDA version [\d.]{1,8} does not match the version torch was compiled with"
        ),
    ),
    ask="`nvcc --version`; `python -c 'import torch; print(torch.version.cuda)'`",
    fixes=(
        Fix(
            text="Install the toolkit of torch's CUDA major beside the other, and set CUDA_HOME to it for the build",
            safety="root",
        ),
        Fix(text="Or take a wheel of the extension for this torch"),
    ),
)
