"""## What it means

A CUDA library of another version than torch's own is found first.

## How it looks

```text
ImportError: libcusparse.so.12: undefined symbol: __nvJitLinkAddData_12_1, version libnvJitLink.so.12
symbol cudnnGetLibConfig version libcudnn.so.9 not defined
```

## Why it happens

A toolkit's folder stands in LD_LIBRARY_PATH or in the loader's configuration, and a library without RPATH takes what it meets there.

## How envsetup knows

A CUDA library that was in the process after torch was imported, from outside the environment although a package in it brings that library.

## How to fix

- Start without it: `env -u LD_LIBRARY_PATH -u LD_PRELOAD python ...` (safe)
- Remove the toolkit's lib64 from LD_LIBRARY_PATH where it is set (shell profile, module file, image) (safe)
- Reinstall the nvidia-* packages at the versions that torch pins (safe)

## When to ignore

Where the library named is not one of CUDA's.

## Links

- <https://github.com/pytorch/pytorch/issues/111469>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, Package, Python, TorchRuntime
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.shared.nvidia_libraries import loaded_elsewhere

FIXES = (
    Fix(text="Start without it: `env -u LD_LIBRARY_PATH -u LD_PRELOAD python ...`"),
    Fix(
        text="Remove the toolkit's lib64 from LD_LIBRARY_PATH where it is set (shell profile, module file, image)"
    ),
    Fix(text="Reinstall the nvidia-* packages at the versions that torch pins"),
)
BRINGS = {
    "cublas": "cublas",
    "cudart": "cuda-runtime",
    "cudnn": "cudnn",
    "cufft": "cufft",
    "curand": "curand",
    "cusolver": "cusolver",
    "cusparse": "cusparse",
    "nvJitLink": "nvjitlink",
}
"""The start of a library's name to that of its package, without lib and nvidia-."""


@rule(
    code="CU102",
    slug="ld-library-path-shadows",
    title="LD_LIBRARY_PATH makes torch load another CUDA library",
    severity="error",
    unseen="libraries that are loaded later aren't seen",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"undefined symbol: ?_{0,2}nvJitLink\w{1,40}"),
        Symptom(pattern=r"(?:/usr/local/cuda|/opt/cuda)\S{0,80}undefined symbol"),
        Symptom(pattern=r"Could not load library libcudnn\S{1,30} Error: /usr/local/cuda"),
        Symptom(
            pattern=r"undefined symbol: ?(?:cublasLt|cusparse|cudnnGet|ncclComm|ncclMem)\w{0,40}",
            confidence="medium",
        ),
        Symptom(
            pattern=r"lib(?:cublas|cublasLt|cusparse|cusolver|nccl|nvJitLink)\S{0,20}: (?:undefined symbol|symbol lookup error)",
            confidence="medium",
        ),
        Symptom(pattern=r"undefined symbol: ?_{0,2}(?:cu|nv|nccl)\w{1,60}, version lib(?:cu|nv)"),
        Symptom(pattern=r"not defined in file lib(?:cu|nv)\S{1,30} with link time reference"),
        Symptom(
            pattern=r"undefined symbol: ?_{0,2}(?:cudnn|cublas|cusparse|cusolver|nvrtc)\w{1,60}",
            confidence="medium",
        ),
        Symptom(
            pattern=r"CUBLAS_STATUS_(?:INVALID_VALUE|EXECUTION_FAILED|INTERNAL_ERROR)",
            confidence="low",
        ),
    ),
    ask="`echo $LD_LIBRARY_PATH`: does a folder in it hold the library that the message names?",
    fixes=FIXES,
)
def judge(
    torch_runtime: TorchRuntime, packages: tuple[Package, ...], python: Python, machine: Machine
) -> Iterator[Draft]:
    found = tuple(loaded_elsewhere(torch_runtime, python, packages, BRINGS))
    if found:
        paths = ", ".join(one.path for one in found)
        yield Draft(
            message=f"torch uses CUDA libraries that were not installed with it: {paths}.",
            subject="LD_LIBRARY_PATH",
            evidence=(fact_evidence(machine, "torch_runtime", paths),),
            fixes=FIXES,
            severity="warning",
        )
