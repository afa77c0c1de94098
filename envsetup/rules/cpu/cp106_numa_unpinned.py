"""## What it means

Processes wander between sockets and reach memory across the link.

## How it looks

Nothing is printed.

## Why it happens

Nothing binds them.

## How envsetup knows

More than one socket, more than one GPU, and all cores allowed.

## How to fix

- torch 2.9 and later: `torchrun --numa-binding=node …` (safe)
- Else `numactl --cpunodebind=N --membind=N` (safe)

## When to ignore

On one socket.

## Links

- <https://docs.pytorch.org/docs/stable/elastic/run.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Cpu,
    Fix,
    Gpu,
    Machine,
)
from envsetup.rules import Draft, fact_evidence, rule

FIXES = (
    Fix(text="torch 2.9 and later: `torchrun --numa-binding=node …`"),
    Fix(text="Else `numactl --cpunodebind=N --membind=N`"),
)


@rule(
    code="CP106",
    slug="numa-unpinned",
    title="Several sockets without NUMA binding",
    severity="note",
    platforms=("linux",),
    fixes=FIXES,
)
def judge(cpu: Cpu, gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    free = cpu.affinity_cores is not None and cpu.affinity_cores == cpu.logical_cores
    if (cpu.sockets or 1) > 1 and len(gpus) > 1 and free:
        yield Draft(
            message=f"{cpu.sockets} sockets and {len(gpus)} GPUs, and nothing binds processes.",
            evidence=(fact_evidence(machine, "cpu", f"{cpu.sockets} sockets"),),
            fixes=FIXES,
        )
