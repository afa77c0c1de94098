"""## What it means

The limit leaves so little that importing torch or the first model ends with the out-of-memory
killer.

## How it looks

```text
Killed
exit code 137
RuntimeError: DataLoader worker (pid 7) is killed by signal: Killed.
```

## Why it happens

A container's memory limit ends processes without a Python error.

## How envsetup knows

The cgroup's limit is below 2 GiB, with torch installed.

## How to fix

- Docker: raise it, for example `-m 16g` (safe)
- Kubernetes: raise resources.limits.memory (safe)
- Fewer data loader workers, smaller batches (safe)

## When to ignore

For a small model that is known to fit.

## Links

- <https://docs.kernel.org/admin-guide/cgroup-v2.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    Memory,
    TorchInstall,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="Docker: raise it, for example `-m 16g`"),
    Fix(text="Kubernetes: raise resources.limits.memory"),
    Fix(text="Use fewer data loader workers, smaller batches"),
)

NEEDED_BYTES = 2 * 2**30
"""Importing torch takes several hundred MB; a model and its workers the rest."""


@rule(
    code="CT108",
    slug="cgroup-memory-low",
    title="The memory limit is too low",
    severity="warning",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="killed by signal: ?Killed"),
        Symptom(pattern=r"\bexit(?:ed)?(?: with)?(?: code| status)?:? 137\b", confidence="medium"),
        Symptom(pattern="OOMKilled"),
        Symptom(pattern="Memory cgroup out of memory"),
        Symptom(pattern=r"exitcode ?: ?-9\b", confidence="medium"),
        Symptom(pattern=r"\boom[-_ ]kill", confidence="medium"),
        Symptom(pattern=r"DataLoader worker .{0,60}exited unexpectedly", confidence="low"),
        Symptom(pattern=r"Out of memory: Kill(?:ed)? process"),
        Symptom(pattern=r"OutOfMemoryError: Task was killed|node running low on memory"),
        Symptom(
            pattern=r"zsh: killed\b|^Killed\.?$|\bpython3? .{1,200} Killed$", confidence="medium"
        ),
        Symptom(pattern=r"DefaultCPUAllocator: can't allocate memory", confidence="medium"),
        Symptom(
            pattern=r"DefaultCPUAllocator: not enough memory|kernel appears to have died|executor was unexpectedly terminated",
            confidence="low",
        ),
    ),
    ask="Does the kernel log or the pod's status say OOM?",
    fixes=FIXES,
)
def judge(memory: Memory, torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    limit = memory.cgroup_limit_bytes
    if limit is None or limit >= min(NEEDED_BYTES, memory.total_bytes or NEEDED_BYTES):
        return
    yield Draft(
        message=f"The memory limit is {limit / 2**30:.1f} GiB: little for torch.",
        evidence=(fact_evidence(machine, "memory", f"limit {limit} bytes"),),
        fixes=FIXES,
    )
