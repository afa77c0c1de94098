"""## What it means

The virtual machine of WSL takes half of the memory by default; big models end as `Killed`.

## How it looks

```text
Killed
exit code 137
```

## Why it happens

The limit stands in .wslconfig, or is the default.

## How envsetup knows

Under WSL 2 with torch, less than 6 GiB in all.

## How to fix

- Set `memory=24GB` and `swap=16GB` under [wsl2] in .wslconfig, then `wsl --shutdown` (safe)

## When to ignore

Where small models are all.

## Links

- <https://learn.microsoft.com/windows/wsl/wsl-config>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    Memory,
    TorchInstall,
    Wsl,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PASSING

FIXES = (
    Fix(
        text=("Set `memory=24GB` and `swap=16GB` under [wsl2] in .wslconfig, then `wsl --shutdown`")
    ),
)

LITTLE_BYTES = 6 * 2**30


@rule(
    code="WS104",
    slug="wsl-memory-capped",
    title="WSL gets little of the machine's memory",
    severity="warning",
    unseen=PASSING,
    platforms=("linux",),
    symptoms=(
        Symptom(
            pattern=r"\bWSL ?2?\b.{0,120}\bKilled\b|\bKilled\b.{0,120}\bWSL ?2?\b",
            confidence="medium",
        ),
    ),
    ask="`free -h` in WSL: half of the machine's memory is what WSL takes unless .wslconfig says more.",
    fixes=FIXES,
)
def judge(wsl: Wsl, memory: Memory, torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    total = memory.total_bytes
    if wsl.version == 2 and total is not None and total < LITTLE_BYTES:
        yield Draft(
            message=f"WSL has {total / 2**30:.1f} GiB of memory in all.",
            evidence=(fact_evidence(machine, "memory", f"{total} bytes"),),
            fixes=FIXES,
        )
