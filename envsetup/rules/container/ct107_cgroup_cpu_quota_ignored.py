"""## What it means

The container may use fewer CPUs than it sees, and thread pools take what they see: they are
throttled.

## How it looks

```text
libgomp: Thread creation failed: Resource temporarily unavailable
```

## Why it happens

A CPU quota limits time, not the number of visible cores; OpenMP and torch count cores.

## How envsetup knows

The cgroup's quota is less than half of the cores that the process may run on, and
OMP_NUM_THREADS is unset.

## How to fix

- `export OMP_NUM_THREADS=<quota>`, or torch.set_num_threads(<quota>) (safe)
- Fewer data loader workers (safe)

## When to ignore

Where all work is on the GPU.

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
)
from envsetup.rules import Draft, fact_evidence, rule

FIXES = (
    Fix(text="`export OMP_NUM_THREADS=<quota>`, or torch.set_num_threads(<quota>)"),
    Fix(text="Use fewer data loader workers"),
)


@rule(
    code="CT107",
    slug="cgroup-cpu-quota-ignored",
    title="Thread pools are sized for the host, not for the CPU quota",
    severity="warning",
    platforms=("linux",),
    fixes=FIXES,
)
def judge(
    cpu: Cpu,
    environment: dict[str, str],
    torch: TorchInstall,
    machine: Machine,
) -> Iterator[Draft]:
    quota, cores = cpu.quota_cores, cpu.affinity_cores or cpu.logical_cores
    if quota is None or cores is None or "OMP_NUM_THREADS" in environment:
        return
    if quota >= cores / 2:
        return
    yield Draft(
        message=f"The CPU quota is {quota:g} cores of {cores} visible, and nothing tells the thread"
        " pools.",
        evidence=(fact_evidence(machine, "cpu", f"quota {quota:g} of {cores} cores"),),
        fixes=(
            Fix(text=f"export OMP_NUM_THREADS={max(1, int(quota))}"),
            *FIXES[1:],
        ),
    )
