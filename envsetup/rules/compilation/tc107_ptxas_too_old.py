"""## What it means

The assembler that Triton uses is older than the GPU.

## How it looks

```text
ptxas fatal   : Value 'sm_121a' is not defined for option 'gpu-name'
```

## Why it happens

An old triton, or TRITON_PTXAS_PATH names an old toolkit.

## How envsetup knows

The CUDA release that the assembler tells (Triton's own, ptxas-blackwell for compute capability 10 and above, or what
TRITON_PTXAS_PATH names) against the first one that knows the GPU.

## How to fix

- A newer torch with its triton (safe)
- Or `export TRITON_PTXAS_PATH=/usr/local/cuda/bin/ptxas` of a newer toolkit (safe)

## When to ignore

Where nothing is compiled.

## Links

- <https://github.com/triton-lang/triton/issues/8539>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="Install a newer torch with its triton"),
    Fix(text="Or `export TRITON_PTXAS_PATH=/usr/local/cuda/bin/ptxas` of a newer toolkit"),
)

FIRST_WITH = {
    "8.6": "11.1", "8.7": "11.4", "8.9": "11.8", "9.0": "11.8", "10.0": "12.8", "10.3": "12.9",
    "11.0": "13.0", "12.0": "12.8", "12.1": "12.9",
}  # fmt: skip
"""Compute capability to the first CUDA release whose ptxas has it. Source: the toolkits' release notes."""


@rule(
    code="TC107",
    slug="ptxas-too-old",
    title="Triton's ptxas doesn't know this GPU",
    severity="error",
    unseen="nvcc's ptxas, and one that TRITON_PTXAS_PATH names, aren't read",
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
def judge(triton_ptxas: dict[str, str], gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    for gpu in gpus:
        needed = FIRST_WITH.get(gpu.compute_capability or "")
        name = _chosen(gpu, triton_ptxas)
        if needed is None or name is None or _numbers(triton_ptxas[name]) >= _numbers(needed):
            continue
        yield Draft(
            message=f"Triton's {name} is of CUDA {triton_ptxas[name]}; {gpu.name or 'this GPU'} "
            f"({gpu.compute_capability}) takes one of {needed} or newer.",
            subject=f"gpu {gpu.index}",
            evidence=(fact_evidence(machine, "triton_ptxas", f"{name} {triton_ptxas[name]}"),),
            fixes=FIXES,
            severity="warning",
        )


def _chosen(gpu: Gpu, there: dict[str, str]) -> str | None:
    """As Triton chooses (third_party/nvidia/backend/compiler.py)."""
    blackwell = _numbers(gpu.compute_capability or "0.0") >= (10, 0)
    names = ("ptxas-blackwell", "ptxas") if blackwell else ("ptxas",)
    return next((name for name in names if name in there), None)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
