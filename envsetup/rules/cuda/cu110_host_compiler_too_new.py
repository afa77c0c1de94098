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

The gcc on PATH is of a newer major version than the toolkit's own header (`crt/host_config.h`) lets pass. A note, for it
hurts where CUDA code is built; nothing is said where CXX or nvcc's flags name another compiler.

## How to fix

- Install the newest compiler that the message allows and name it: CC=gcc-12 CXX=g++-12 NVCC_PREPEND_FLAGS='-ccbin g++-12' (root)
- Or take a newer toolkit of torch's CUDA major (root)

## When to ignore

Where nothing is compiled. `-allow-unsupported-compiler` may build a broken extension.

## Links

- <https://docs.nvidia.com/cuda/cuda-installation-guide-linux/index.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import BUILDS

FIXES = (
    Fix(
        text="Install the newest compiler that the message allows and name it: CC=gcc-12 CXX=g++-12 NVCC_PREPEND_FLAGS='-ccbin g++-12'",
        safety="root",
    ),
    Fix(text="Or take a newer toolkit of torch's CUDA major", safety="root"),
)

OTHER_COMPILER = {"CXX", "CUDAHOSTCXX", "NVCC_PREPEND_FLAGS", "NVCC_APPEND_FLAGS"}


@rule(
    code="CU110",
    slug="host-compiler-too-new",
    title="The C++ compiler is newer than this nvcc accepts",
    severity="warning",
    unseen=BUILDS,
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
def judge(
    gcc_version: int,
    gcc_newest_for_cuda: int,
    environment: dict[str, str],
    machine: Machine,
) -> Iterator[Draft]:
    if gcc_version <= gcc_newest_for_cuda or OTHER_COMPILER & set(environment):
        return
    toolkit = value_of(machine.cuda_toolkit) or "here"
    yield Draft(
        message=f"gcc is {gcc_version}, and the CUDA toolkit {toolkit} takes {gcc_newest_for_cuda} at most: "
        "extensions with CUDA code can't be built.",
        evidence=(
            fact_evidence(machine, "gcc_version", str(gcc_version)),
            fact_evidence(machine, "gcc_newest_for_cuda", str(gcc_newest_for_cuda)),
        ),
        fixes=FIXES,
        severity="note",
    )
