"""## What it means

A program or extension asks the loader for a CUDA library of a version that is not on its path.

## How it looks

```text
ImportError: libcudart.so.11.0: cannot open shared object file: No such file or directory
OSError: libcurand.so.10: cannot open shared object file
```

## Why it happens

torch's wheels bring their own CUDA libraries; an extension built against another CUDA major, or an install with --no-deps, asks for one that nobody brought.

## How envsetup knows

Libraries of the installed nvidia-* packages that are missing, or shorter than their RECORD says; else the error text, of torch's own import too.

## How to fix

- Reinstall what asks, in a build for the CUDA of this torch (`python -m pip show torch`: its version ends in it, as in +cu128) (safe)
- Where torch itself asks: reinstall it with its dependencies, by the command of `envsetup install-plan` (safe)

## When to ignore

Never: the import fails.

## Links

- <https://github.com/pytorch/pytorch/issues/101314>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, Package
from envsetup.rules import Draft, Symptom, rule
from envsetup.rules.shared.nvidia_libraries import damaged
from envsetup.rules.undecidable import OTHERS


@rule(
    code="CU101",
    slug="cuda-lib-missing",
    title="A CUDA library that something links to is absent",
    severity="error",
    unseen=OTHERS,
    symptoms=(
        Symptom(
            pattern=r"lib(?:cudart|cublas|cufft|curand|cusolver|cusparse|cudss|cutensor|nvrtc|cupti|nccl(?!-net)|cufile|nvshmem|nvToolsExt|nvJitLink|nvjpeg|npp)[\w.-]{0,24}'?: cannot open shared object file"
        ),
        Symptom(
            pattern=r"lib(?:cudart|cublas\w{0,2}|cufft|curand|cusolver|cusparse\w{0,2}|nvrtc|nvJitLink)\.so\S{0,24} (?:=> |is )?not found",
            confidence="medium",
        ),
        Symptom(
            pattern=r"(?:cudart|cublas(?:Lt)?|cufft|curand|cusolver|cusparse|nvrtc)64_\d{1,3}\S{0,8}\.dll (?:is )?not found",
            confidence="medium",
        ),
        Symptom(pattern=r"failed to open (?:lib)?nvrtc-builtins"),
        Symptom(
            pattern=r"CUDNN_STATUS_RUNTIME_PREREQUISITE_MISSING|shared object initialization failed|CUDA_ERROR_SHARED_OBJECT_INIT_FAILED",
            confidence="medium",
        ),
        Symptom(pattern=r"'cublas_path' referenced before assignment"),
    ),
    excludes=("libcudnn\\w{0,20}\\.so[.\\d]{0,8}: cannot open",),
    ask="Which file asks for it: the module named first in the traceback; which CUDA is it built for?",
    fixes=(
        Fix(
            text="Reinstall what asks, in a build for the CUDA of this torch (`python -m pip show torch`: its version ends in it, as in +cu128)"
        ),
        Fix(
            text="Where torch itself asks: reinstall it with its dependencies, by the command of `envsetup install-plan`"
        ),
    ),
)
def judge(packages: tuple[Package, ...], machine: Machine) -> Iterator[Draft]:
    yield from damaged(packages, machine, cudnn=False)
