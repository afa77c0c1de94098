"""## What it means

CPU work runs on one core although more are there.

## How it looks

```text
Setting OMP_NUM_THREADS environment variable for each process to be 1 in default
```

## Why it happens

torchrun sets it for its children; elsewhere it is left over.

## How envsetup knows

The variable is 1, four or more cores are usable, and no launcher's variable is there.

## How to fix

- `unset OMP_NUM_THREADS`, or set it to cores per process (safe)

## When to ignore

Under torchrun, and where the cluster's policy says so.

## Links

- <https://github.com/huggingface/pytorch-image-models/issues/1033>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Cpu,
    Fix,
    Machine,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import SETTINGS

FIXES = (Fix(text="`unset OMP_NUM_THREADS`, or set it to cores per process"),)


@rule(
    code="CP104",
    slug="omp-threads-one",
    title="OMP_NUM_THREADS=1 leaves cores idle",
    severity="note",
    unseen=SETTINGS,
    symptoms=(
        Symptom(
            pattern="Setting OMP_NUM_THREADS environment variable for each process",
            confidence="low",
        ),
        Symptom(
            pattern=r"Invalid value for environment variable OMP_NUM_THREADS", confidence="medium"
        ),
    ),
    fixes=FIXES,
)
def judge(environment: dict[str, str], cpu: Cpu, machine: Machine) -> Iterator[Draft]:
    if "LOCAL_RANK" in environment or (cpu.usable_cores or 0) < 4:
        return
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        if environment.get(name) == "1":
            yield Draft(
                message=f"{name}=1 while {cpu.usable_cores:g} cores are usable.",
                subject=name,
                evidence=(fact_evidence(machine, "environment", f"{name}=1"),),
                fixes=FIXES,
            )
