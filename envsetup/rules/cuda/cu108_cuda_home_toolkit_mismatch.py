"""## What it means

An extension is compiled by a toolkit whose CUDA differs from torch's own.

## How it looks

```text
RuntimeError: The detected CUDA version (12.2) mismatches the version that was used to compile PyTorch (11.8).
```

## Why it happens

CUDA_HOME, or the nvcc first on PATH, belongs to another toolkit; torch brings no compiler.

## How envsetup knows

nvcc and torch are of different CUDA majors. It is a note, since nothing tells whether anything is to be built here; an error message of a build weighs more.

## How to fix

- Install the toolkit of torch's CUDA major beside the other, and set CUDA_HOME to it for the build (root)
- Or take a wheel of the extension for this torch (safe)

## When to ignore

Where nothing is compiled.

## Links

- <https://github.com/pytorch/pytorch/issues/69460>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import BUILDS

FIXES = (
    Fix(
        text="Install the toolkit of torch's CUDA major beside the other, and set CUDA_HOME to it for the build",
        safety="root",
    ),
    Fix(text="Or take a wheel of the extension for this torch"),
)


@rule(
    code="CU108",
    slug="cuda-home-toolkit-mismatch",
    title="nvcc is of another CUDA than torch was built with",
    severity="warning",
    unseen=BUILDS,
    symptoms=(
        Symptom(
            pattern=r"detected CUDA version \([\d.]{1,8}\) mismatches the version that was used to compile PyTorch"
        ),
        Symptom(
            pattern=r"Cuda extensions are being compiled with a version of Cuda that does not match"
        ),
        Symptom(
            pattern=r"Installed CUDA version [\d.]{1,8} does not match the version torch was compiled with(?! \S{1,8} but since)"
        ),
        Symptom(pattern=r"nvcc fatal *: Unsupported gpu architecture", confidence="low"),
        Symptom(pattern=r"only supported on CUDA \d{1,2}\.\d and above", confidence="medium"),
        Symptom(
            pattern=r"has no attribute 'ds_opt_adam'|Error building extension '", confidence="low"
        ),
        Symptom(pattern=r"check_cuda_torch_binary_vs_bare_metal", confidence="medium"),
        Symptom(pattern=r"CUDAMismatchException|assert_no_cuda_mismatch"),
    ),
    ask="`nvcc --version`; `python -c 'import torch; print(torch.version.cuda)'`",
    fixes=FIXES,
)
def judge(torch: TorchInstall, cuda_toolkit: str, machine: Machine) -> Iterator[Draft]:
    if not torch.cuda or not cuda_toolkit[:1].isdigit():
        return
    if torch.cuda.partition(".")[0] == cuda_toolkit.partition(".")[0]:
        return
    yield Draft(
        message=f"nvcc is of CUDA {cuda_toolkit}, torch of {torch.cuda}: extensions can't be built"
        " with it, wheels don't need it.",
        subject="nvcc",
        evidence=(
            fact_evidence(machine, "cuda_toolkit", cuda_toolkit),
            fact_evidence(machine, "torch", f"CUDA {torch.cuda}"),
        ),
        fixes=FIXES,
        severity="note",
    )
