"""## What it means

A kernel exists only as PTX of a newer CUDA than the driver's.

## How it looks

```text
CUDA error: the provided PTX was compiled with an unsupported toolchain.
```

## Why it happens

Minor-version compatibility covers compiled kernels alone: PTX is compiled by the driver, which knows no newer PTX than its own CUDA's.

## How envsetup knows

Only the error text tells: no fact that is read without running the failing program decides it.

## How to fix

- Take a build with compiled kernels for this GPU: `envsetup install-plan`; recompile the extension with TORCH_CUDA_ARCH_LIST of this GPU (safe)
- Or update the driver to one native to that CUDA (reboot)

## When to ignore

Never: the kernel can't run.

## Links

- <https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html>
"""

from __future__ import annotations

from envsetup.model import Fix
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import RUNNING

text_rule(
    __name__,
    undecidable=RUNNING,
    code="CU116",
    slug="ptx-newer-than-driver",
    title="PTX in the program is newer than the driver can compile",
    severity="error",
    symptoms=(
        Symptom(pattern=r"provided PTX was compiled with an unsupported toolchain"),
        Symptom(pattern=r"cudaErrorUnsupportedPtxVersion|CUDA_ERROR_UNSUPPORTED_PTX_VERSION"),
        Symptom(
            pattern=r"Unsupported \.version [\d.]{1,6}; current version is", confidence="medium"
        ),
        Symptom(
            pattern=r"PTX JIT compilation|CUDA_ERROR_INVALID_PTX|cudaErrorInvalidPtx",
            confidence="medium",
        ),
        Symptom(pattern=r"PTX JIT compiler library not found", confidence="low"),
    ),
    ask="`nvidia-smi`: the CUDA version in its header; which toolkit compiled the failing extension?",
    fixes=(
        Fix(
            text="Take a build with compiled kernels for this GPU: `envsetup install-plan`; recompile the extension with TORCH_CUDA_ARCH_LIST of this GPU"
        ),
        Fix(text="Or update the driver to one native to that CUDA", safety="reboot"),
    ),
)
