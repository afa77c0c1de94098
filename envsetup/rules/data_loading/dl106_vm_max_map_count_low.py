"""## What it means

The kernel refuses further mappings although memory is free.

## How it looks

```text
OSError: [Errno 12] Cannot allocate memory
RuntimeError: unable to mmap
```

## Why it happens

Overcommit is forbidden, or max_map_count is small.

## How envsetup knows

`/proc/sys/vm`: overcommit_memory is 2, so that address space counts as memory, or max_map_count is below the kernel's
own 65530.

## How to fix

- `ulimit -v unlimited` (safe)
- `sudo sysctl vm.overcommit_memory=0 vm.max_map_count=262144` (root)

## When to ignore

Without the symptom.

## Links

- <https://docs.kernel.org/admin-guide/sysctl/vm.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import SETTINGS

FIXES = (
    Fix(text="`ulimit -v unlimited`"),
    Fix(text="`sudo sysctl vm.overcommit_memory=0 vm.max_map_count=262144`", safety="root"),
)

DEFAULT_MAPS = 65530
"""Source: the kernel's DEFAULT_MAX_MAP_COUNT."""


@rule(
    code="DL106",
    slug="vm-max-map-count-low",
    title="Memory maps are limited too strictly",
    severity="note",
    unseen=SETTINGS,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="unable to mmap"),
        Symptom(pattern=r"\[Errno 12\] Cannot allocate memory"),
    ),
    excludes=("ibv_",),
    fixes=FIXES,
)
def judge(limits: dict[str, int], machine: Machine) -> Iterator[Draft]:
    strict = limits.get("overcommit_memory") == 2
    few = limits.get("max_map_count", DEFAULT_MAPS) < DEFAULT_MAPS
    if strict:
        yield Draft(
            message="The kernel grants no more memory than there is (vm.overcommit_memory=2): "
            "importing torch, and each fork, count in full.",
            subject="overcommit_memory",
            evidence=(fact_evidence(machine, "limits", "overcommit_memory 2"),),
            fixes=FIXES,
        )
    if few:
        count = limits["max_map_count"]
        yield Draft(
            message=f"A process may have {count} memory maps; loaders of many files need more.",
            subject="max_map_count",
            evidence=(fact_evidence(machine, "limits", f"max_map_count {count}"),),
            fixes=FIXES,
        )
