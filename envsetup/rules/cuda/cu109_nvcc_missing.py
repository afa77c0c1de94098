"""## What it means

A package's build calls nvcc, and none is installed. torch's wheels bring libraries, not the compiler.

## How it looks

```text
OSError: CUDA_HOME environment variable is not set. Please set it to your CUDA install root.
error: [Errno 2] No such file or directory: '/usr/local/cuda/bin/nvcc'
```

## Why it happens

Such packages (flash-attn, apex, deepspeed's ops) have no wheel for this combination, or only source.

## How envsetup knows

No nvcc, while TORCH_CUDA_ARCH_LIST is set as for a build: a note. Without that wish nothing is said.

## How to fix

- Prefer a wheel of the package, made for this Python, torch and CUDA (safe)
- Or install the toolkit of torch's CUDA (`python -c 'import torch; print(torch.version.cuda)'`) and set CUDA_HOME (root)

## When to ignore

Where nothing is compiled.

## Links

- <https://github.com/pytorch/pytorch/blob/main/torch/utils/cpp_extension.py>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Absent, Fix, Machine, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import BUILDS

FIXES = (
    Fix(text="Prefer a wheel of the package, made for this Python, torch and CUDA"),
    Fix(
        text="Or install the toolkit of torch's CUDA (`python -c 'import torch; print(torch.version.cuda)'`) and set CUDA_HOME",
        safety="root",
    ),
)


@rule(
    code="CU109",
    slug="nvcc-missing",
    title="A CUDA extension must be compiled, but there is no CUDA toolkit",
    severity="warning",
    unseen=BUILDS,
    platforms=(
        "linux",
        "windows",
    ),
    symptoms=(
        Symptom(pattern=r"CUDA_HOME environment variable is not set"),
        Symptom(pattern=r"No such file or directory: \S{0,80}bin[/\\\\]nvcc"),
        Symptom(pattern=r"\bnvcc'?:? (?:(?:command )?not found|is not recognized)"),
        Symptom(
            pattern=r"nvcc (?:was |is )?not found|(?:unable|failed) to find nvcc|could not find nvcc",
            confidence="medium",
        ),
        Symptom(pattern=r"Cannot find CUDA_HOME"),
        Symptom(pattern=r"CUDA_HOME does not exist"),
        Symptom(pattern=r"No such file or directory: '?nvcc\b"),
        Symptom(pattern=r"command '\S{0,100}nvcc(?:\.exe)?' failed: No such file"),
        Symptom(
            pattern=r"fatal error: (?:cuda|cublas|cusparse|cusolver|curand|cufft|cudnn|nccl|nvToolsExt|device_launch)\w{0,30}\.h: No such file"
        ),
        Symptom(pattern=r"command not found: nvcc\b|'which', 'nvcc'"),
        Symptom(pattern=r"unable to execute '\S{0,120}nvcc'"),
        Symptom(pattern=r"Error building extension '", confidence="low"),
        Symptom(
            pattern=r"CMAKE_CUDA_COMPILER could be found|CUDA cannot be found\. Depending|detect a default CUDA architecture"
        ),
    ),
    ask="`nvcc --version`; `echo $CUDA_HOME`",
    fixes=FIXES,
)
def judge(
    environment: dict[str, str], torch: TorchInstall, programs: dict[str, str], machine: Machine
) -> Iterator[Draft]:
    wished = environment.get("TORCH_CUDA_ARCH_LIST")
    missing = isinstance(machine.cuda_toolkit, Absent) and "nvcc" not in programs
    home = environment.get("CUDA_HOME") or environment.get("CUDA_PATH")
    if torch.cuda is None or not wished or not missing or home:
        return
    yield Draft(
        message="TORCH_CUDA_ARCH_LIST is set as for building an extension, but nvcc is not there.",
        subject="nvcc",
        evidence=(fact_evidence(machine, "environment", f"TORCH_CUDA_ARCH_LIST={wished}"),),
        fixes=FIXES,
        severity="note",
    )
