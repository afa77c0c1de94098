"""## What it means

Triton assembles with a ptxas of CUDA 12, and the driver is from CUDA 11 times: it refuses the
result.

## How it looks

```text
RuntimeError: Triton Error [CUDA]: device kernel image is invalid
```

## Why it happens

triton brings its own assembler, whatever CUDA torch was built for.

## How envsetup knows

A driver below 525 with a CUDA 11 build and a triton from 2.1 on.

## How to fix

- Point TRITON_PTXAS_PATH at a ptxas of CUDA 11.8 (safe)
- Or an older pair of torch and triton (safe)
- Driver 525 or later (reboot)

## When to ignore

On AMD GPUs, where the words mean another thing.

## Links

- <https://github.com/triton-lang/triton/issues/2971>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Known,
    Machine,
    NvidiaDriver,
    Package,
    TorchInstall,
    value_of,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="Point TRITON_PTXAS_PATH at a ptxas of CUDA 11.8"),
    Fix(text="Or an older pair of torch and triton"),
    Fix(text="Install driver 525 or later", safety="reboot"),
)


@rule(
    code="TC110",
    slug="triton-ptxas-newer-than-driver",
    title="Triton's own ptxas is newer than the driver",
    severity="error",
    unseen="other packages bring kernels of their own",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"Triton Error \[CUDA\]: device kernel image is invalid"),
        Symptom(pattern=r"Triton Error \[CUDA\]", confidence="low"),
        Symptom(
            pattern=r"device kernel image is invalid|cudaErrorInvalidKernelImage|CUDA_ERROR_INVALID_IMAGE",
            confidence="low",
        ),
    ),
    suppresses=("TC107", "CU116"),
    fixes=FIXES,
)
def judge(
    nvidia_driver: NvidiaDriver,
    torch: TorchInstall,
    packages: tuple[Package, ...],
    machine: Machine,
) -> Iterator[Draft]:
    if not isinstance(nvidia_driver.version, Known):
        return
    major = nvidia_driver.version.value.partition(".")[0]
    triton = next((p.version for p in packages if p.name == "triton"), "")
    old_driver = major.isdigit() and int(major) < 525
    old_build = (torch.cuda or "").startswith("11.")
    new_triton = triton and not triton.startswith(("0.", "1.", "2.0"))
    pointed = "TRITON_PTXAS_PATH" in (value_of(machine.environment) or {})
    if old_driver and old_build and new_triton and not pointed:
        yield Draft(
            message=f"triton {triton} assembles for CUDA 12; the driver is"
            f" {nvidia_driver.version.value}.",
            evidence=(fact_evidence(machine, "torch", torch.version),),
            fixes=FIXES,
            severity="note",
        )
