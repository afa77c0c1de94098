"""## What it means

Thread pools and workers can't start.

## How it looks

```text
libgomp: Thread creation failed: Resource temporarily unavailable
OpenBLAS blas_thread_init: pthread_create failed
```

## Why it happens

A limit of the user or of the container.

## How envsetup knows

The limit on processes (`pids.max` of the cgroup, and `ulimit -u`, which doesn't hold for root) is below 32, or below four
for each usable core.

## How to fix

- Smaller OMP_NUM_THREADS and num_workers (safe)
- `ulimit -u 65535` (safe)
- Docker: `--pids-limit=-1` (safe)

## When to ignore

As root, which has no such limit.

## Links

- <https://github.com/pytorch/pytorch/issues/193859>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Cpu,
    Fix,
    Machine,
    TorchInstall,
    value_of,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import SETTINGS

FIXES = (
    Fix(text="Set smaller OMP_NUM_THREADS and num_workers"),
    Fix(text="`ulimit -u 65535`"),
    Fix(text="Docker: `--pids-limit=-1`"),
)


FEW = 32
"""A training with two loaders takes as many: each process has threads of its own."""


@rule(
    code="DL103",
    slug="nproc-pids-limit-low",
    title="The limit on processes or threads is low",
    severity="warning",
    unseen=SETTINGS,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="Thread creation failed: Resource temporarily"),
        Symptom(pattern="pthread_create failed"),
        Symptom(pattern=r"\[Errno 11\] Resource temporarily unavailable"),
        Symptom(pattern="can't start new thread"),
        Symptom(pattern=r"OMP: System error #11"),
        Symptom(pattern=r"what\(\): Resource temporarily unavailable"),
        Symptom(pattern=r"fork: (?:retry: )?Resource temporarily unavailable"),
        Symptom(pattern=r"\bRLIMIT_NPROC \d"),
    ),
    fixes=FIXES,
)
def judge(
    limits: dict[str, int], cpu: Cpu, torch: TorchInstall, machine: Machine
) -> Iterator[Draft]:
    cores = cpu.usable_cores or 1
    python = value_of(machine.python)
    counted = ("pids",) if python and python.as_root else ("pids", "nproc")
    for name in counted:
        allowed = limits.get(name, -1)
        if 0 <= allowed < max(FEW, 4 * cores):
            yield Draft(
                message=f"Only {allowed} processes and threads may run on {cores:g} cores.",
                subject=name,
                evidence=(fact_evidence(machine, "limits", f"{name} {allowed}"),),
                fixes=FIXES,
            )
