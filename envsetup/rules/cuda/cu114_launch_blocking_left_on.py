"""## What it means

A variable of a debugging session makes each kernel or allocation wait, or logs without end.

## How it looks

```text
Nothing is printed: training is several times slower than it was.
```

## Why it happens

It was set to find an error and stayed in a profile or an image.

## How envsetup knows

CUDA_LAUNCH_BLOCKING, HIP_LAUNCH_BLOCKING, PYTORCH_NO_CUDA_MEMORY_CACHING, MKL_VERBOSE, TORCH_LOGS or NCCL_DEBUG=TRACE in the environment.

## How to fix

- Unset the variable and measure (safe)

## When to ignore

While debugging.

## Links

- <https://docs.pytorch.org/docs/stable/notes/cuda.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine
from envsetup.rules import Draft, fact_evidence, rule

FIXES = (Fix(text="Unset the variable and measure"),)

SWITCHES = (
    "CUDA_LAUNCH_BLOCKING",
    "HIP_LAUNCH_BLOCKING",
    "PYTORCH_NO_CUDA_MEMORY_CACHING",
    "PYTORCH_NO_HIP_MEMORY_CACHING",
    "MKL_VERBOSE",
)


def _left_on(environment: dict[str, str]) -> Iterator[str]:
    yield from (n for n in SWITCHES if environment.get(n, "0") not in ("", "0"))
    yield from (n for n in ("TORCH_LOGS",) if environment.get(n))
    if environment.get("NCCL_DEBUG", "").upper() == "TRACE":
        yield "NCCL_DEBUG"


@rule(
    code="CU114",
    slug="launch-blocking-left-on",
    title="Debug variables left on slow everything down",
    severity="note",
    fixes=FIXES,
)
def judge(environment: dict[str, str], machine: Machine) -> Iterator[Draft]:
    for name in _left_on(environment):
        setting = f"{name}={environment[name][:80]}"
        yield Draft(
            message=f"{setting} is meant for debugging and costs speed.",
            subject=name,
            evidence=(fact_evidence(machine, "environment", setting),),
            fixes=FIXES,
            severity="note",
        )
