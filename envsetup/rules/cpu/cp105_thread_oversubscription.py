"""## What it means

Threads take the cores from each other, and all is slower.

## How it looks

```text
UserWarning: This DataLoader will create 16 worker processes in total. Our suggested max number of worker in current system is 8
```

## Why it happens

Numbers copied from a larger machine.

## How envsetup knows

OMP_NUM_THREADS (times LOCAL_WORLD_SIZE) is more than twice the usable cores.

## How to fix

- OMP_NUM_THREADS = cores / processes (safe)
- num_workers no higher than the cores (safe)

## When to ignore

For loaders that only wait for storage.

## Links

- <https://github.com/horovod/horovod/pull/1314>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Cpu,
    Fix,
    Machine,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PROGRAM

FIXES = (
    Fix(text="Set OMP_NUM_THREADS = cores / processes"),
    Fix(text="Set num_workers no higher than the cores"),
)


@rule(
    code="CP105",
    slug="thread-oversubscription",
    title="More threads or workers than cores",
    severity="warning",
    unseen=PROGRAM,
    symptoms=(Symptom(pattern="suggested max number of worker"),),
    fixes=FIXES,
)
def judge(environment: dict[str, str], cpu: Cpu, machine: Machine) -> Iterator[Draft]:
    threads, processes = (
        environment.get("OMP_NUM_THREADS", ""),
        environment.get("LOCAL_WORLD_SIZE", "1"),
    )
    if not (threads.isdecimal() and processes.isdecimal() and cpu.usable_cores):
        return
    wanted = int(threads[:6]) * int(processes[:6])
    if wanted > 2 * cpu.usable_cores and wanted > (cpu.logical_cores or 0):
        yield Draft(
            message=f"OMP_NUM_THREADS asks for {wanted} threads on {cpu.usable_cores:g} cores.",
            subject="OMP_NUM_THREADS",
            evidence=(fact_evidence(machine, "environment", threads),),
            fixes=FIXES,
        )
