"""## What it means

The assembler that Triton uses is older than the GPU.

## How it looks

```text
ptxas fatal   : Value 'sm_121a' is not defined for option 'gpu-name'
```

## Why it happens

An old triton, or TRITON_PTXAS_PATH names an old toolkit.

## How envsetup knows

The error text.

## How to fix

- A newer torch with its triton (safe)
- Or `export TRITON_PTXAS_PATH=/usr/local/cuda/bin/ptxas` of a newer toolkit (safe)

## When to ignore

Where nothing is compiled.

## Links

- <https://github.com/triton-lang/triton/issues/8539>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(text="Install a newer torch with its triton"),
    Fix(text="Or `export TRITON_PTXAS_PATH=/usr/local/cuda/bin/ptxas` of a newer toolkit"),
)

text_rule(
    __name__,
    code="TC107",
    slug="ptxas-too-old",
    title="Triton's ptxas doesn't know this GPU",
    severity="error",
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern="is not defined for option 'gpu-name'"),
        Symptom(pattern="ptxas fatal", confidence="medium"),
        Symptom(pattern=r"'sm_\d{2,3}[a-z]?' is not a recognized processor", confidence="medium"),
        Symptom(pattern=r"ptxas fatal.{0,20}Unsupported \.version"),
        Symptom(pattern="Internal Triton PTX codegen error", confidence="medium"),
        Symptom(pattern=r"SM version specified by \.target is higher than default SM version"),
        Symptom(pattern="ptxas.? failed with error code", confidence="medium"),
    ),
    fixes=FIXES,
)
