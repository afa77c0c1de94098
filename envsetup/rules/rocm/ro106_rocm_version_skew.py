"""## What it means

Libraries of another ROCm release are loaded in place of those in the wheel.

## How it looks

```text
libamdhip64.so: undefined symbol
HIP error: invalid image
```

## Why it happens

LD_LIBRARY_PATH names /opt/rocm.

## How envsetup knows

LD_LIBRARY_PATH holds /opt/rocm, and its release differs from the build's.

## How to fix

- `unset LD_LIBRARY_PATH` (safe)

## When to ignore

In AMD's images, whose torch was built against /opt/rocm.

## Links

- <https://rocm.docs.amd.com/>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    TorchInstall,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (Fix(text="`unset LD_LIBRARY_PATH`"),)


@rule(
    code="RO106",
    slug="rocm-version-skew",
    title="The system's ROCm shadows the wheel's",
    severity="warning",
    unseen=PART,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"lib(?:amdhip64|rocblas|hipblas\w*|MIOpen)\.so\S*.{0,20}undefined symbol"),
        Symptom(pattern="undefined symbol.{0,80}(?:amdhip|rocblas|hipblas)"),
        Symptom(pattern="HIP error: invalid image", confidence="medium"),
        Symptom(
            pattern=r"lib(?:rocblas|hipblas\w{0,8}|MIOpen|rccl|rocsolver|hipsparse\w{0,8}|hipfft)\.so\S{0,12} ?.{0,10}cannot open shared object",
            confidence="medium",
        ),
        Symptom(
            pattern=r"undefined (?:symbol|reference to):? ?.?(?:rsmi|amdsmi|hsa|hip|rocblas|miopen|rccl)_?\w"
        ),
    ),
    fixes=FIXES,
)
def judge(
    environment: dict[str, str], torch: TorchInstall, rocm: str, machine: Machine
) -> Iterator[Draft]:
    built = re.match(r"\d+\.\d+", torch.hip or "")
    system = re.match(r"\d+\.\d+", rocm)
    if not built or not system or built[0] == system[0] or torch.official is not True:
        return
    if "/opt/rocm" in environment.get("LD_LIBRARY_PATH", ""):
        yield Draft(
            message=f"LD_LIBRARY_PATH puts the system's ROCm {rocm} before the wheel's {built[0]}.",
            subject="LD_LIBRARY_PATH",
            evidence=(fact_evidence(machine, "rocm"),),
            fixes=FIXES,
        )
