"""## What it means

The limit leaves so little that importing torch or the first model ends with the out-of-memory
killer.

## How it looks

```text
Killed
exit code 137
RuntimeError: DataLoader worker (pid 7) is killed by signal: Killed.
MemoryError
```

## Why it happens

A container's memory limit ends processes without a Python error. `ulimit -v`, which job schedulers set from the
memory that was asked for, counts address space, and importing torch maps every library of it.

## How envsetup knows

The cgroup's limit, or that on address space, is below 2 GiB, with torch installed. Where importing torch then ends for
want of memory, it is an error.

## How to fix

- Docker: raise it, for example `-m 16g` (safe)
- Kubernetes: raise resources.limits.memory (safe)
- Shell and batch jobs: `ulimit -v unlimited`, or ask the scheduler for more memory (safe)
- Fewer data loader workers, smaller batches (safe)

## When to ignore

For a small model that is known to fit.

## Links

- <https://docs.kernel.org/admin-guide/cgroup-v2.html>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import (
    Absent,
    Evidence,
    Fix,
    Known,
    Machine,
    Memory,
    Unreadable,
    value_of,
)
from envsetup.rules import Draft, Symptom, Undecidable, fact_evidence, rule
from envsetup.rules.undecidable import PASSING

FIXES = (
    Fix(text="Docker: raise it, for example `-m 16g`"),
    Fix(text="Kubernetes: raise resources.limits.memory"),
    Fix(text="Shell and batch jobs: `ulimit -v unlimited`, or ask the scheduler for more memory"),
    Fix(text="Use fewer data loader workers, smaller batches"),
)

NEEDED_BYTES = 2 * 2**30
"""Importing torch takes several hundred MB; a model and its workers the rest."""
OUT_OF_MEMORY = re.compile(
    r"MemoryError|bad_alloc|[Cc]annot allocate memory|failed to map segment|SIGKILL"
)


@rule(
    code="CT108",
    slug="cgroup-memory-low",
    title="The memory limit is too low",
    severity="warning",
    unseen=PASSING,
    platforms=("linux",),
    suppresses=("PY113",),
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
        Symptom(
            pattern=r"\d ?Killed$|\beta [\d:]{4,8} ?Killed\b|non-zero code: 137\b",
            confidence="medium",
        ),
        Symptom(pattern=r"\bMemoryError\b", confidence="low"),
    ),
    ask="Does the kernel log or the pod's status say OOM?",
    fixes=FIXES,
)
def judge(memory: Memory, machine: Machine) -> Iterator[Draft]:
    torch = machine.torch
    if isinstance(torch, Absent):
        return
    if isinstance(torch, Unreadable) and not OUT_OF_MEMORY.search(torch.error):
        raise Undecidable(torch.error, "torch")
    limits = [
        (memory.cgroup_limit_bytes, "memory limit", "memory"),
        (
            (value_of(machine.limits) or {}).get("address_space_bytes"),
            "limit on address space",
            "limits",
        ),
    ]
    damaged = isinstance(torch, Known) and torch.value.broken_files
    held = () if damaged else _import_ended_by_it(machine)
    for limit, name, fact in limits:
        if limit is None or not 0 <= limit < min(NEEDED_BYTES, memory.total_bytes or NEEDED_BYTES):
            continue
        yield Draft(
            message=f"The {name} is {limit / 2**30:.1f} GiB: "
            + ("importing torch ran into it." if held else "little for torch."),
            evidence=(fact_evidence(machine, fact, f"limit {limit} bytes"), *held),
            fixes=FIXES,
            severity="error" if held else None,
        )


def _import_ended_by_it(machine: Machine) -> tuple[Evidence, ...]:
    """What the import of torch said, where that is a want of memory."""
    runtime = machine.torch_runtime
    if isinstance(runtime, Unreadable) and OUT_OF_MEMORY.search(runtime.error):
        return (Evidence(fact="torch_runtime", value=runtime.error, source=runtime.source),)
    return ()
