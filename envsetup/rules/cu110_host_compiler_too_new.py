"""## What it means

nvcc refuses the machine's C++ compiler.

## How it looks

```text
#error -- unsupported GNU version! gcc versions later than 12 are not supported!
#error: -- unsupported Microsoft Visual Studio version!
```

## Why it happens

Each toolkit knows the compilers of its time; distributions and Visual Studio move on.

## How envsetup knows

From the error text alone.

## How to fix

- Install the newest compiler that the message allows and name it: CC=gcc-12 CXX=g++-12 NVCC_PREPEND_FLAGS='-ccbin g++-12' (root)
- Or take a newer toolkit of torch's CUDA major (root)

## When to ignore

Where nothing is compiled. `-allow-unsupported-compiler` may build a broken extension.

## Links

- <https://docs.nvidia.com/cuda/cuda-installation-guide-linux/index.html>
"""

from __future__ import annotations

from envsetup.model import Fix
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(
        text="Install the newest compiler that the message allows and name it: CC=gcc-12 CXX=g++-12 NVCC_PREPEND_FLAGS='-ccbin g++-12'",
        safety="root",
    ),
    Fix(text="Or take a newer toolkit of torch's CUDA major", safety="root"),
)

text_rule(
    __name__,
    code="CU110",
    slug="host-compiler-too-new",
    title="The C++ compiler is newer than this nvcc accepts",
    severity="warning",
    platforms=(
        "linux",
        "windows",
    ),
    symptoms=(
        Symptom(pattern=r"unsupported GNU version!"),
        Symptom(pattern=r"unsupported clang version"),
        Symptom(pattern=r"unsupported Microsoft Visual Studio version"),
        Symptom(
            pattern=r"The current installed version of \S{1,40} \([\d.]{1,12}\) is greater than the maximum required version"
        ),
        Symptom(pattern=r"No supported gcc/g\+\+ host compiler found"),
        Symptom(pattern=r"'cudafe\+\+' died with status", confidence="medium"),
        Symptom(pattern=r"parameter packs not expanded with"),
    ),
    ask="`nvcc --version`; `gcc --version`",
    fixes=FIXES,
)
