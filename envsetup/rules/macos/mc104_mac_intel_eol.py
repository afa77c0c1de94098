"""## What it means

No torch wheel after 2.2 exists for Intel Macs.

## How it looks

```text
ERROR: No matching distribution found for torch
```

## Why it happens

Upstream stopped building them.

## How envsetup knows

macOS on x86_64 with a processor that isn't Apple's.

## How to fix

- `pip install torch==2.2.2 "numpy<2"` (safe)
- Or a Linux machine (safe)

## When to ignore

With conda-forge, which builds some later versions.

## Links

- <https://github.com/pytorch/pytorch/issues/114602>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Cpu,
    Fix,
    Machine,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text='`pip install torch==2.2.2 "numpy<2"`'),
    Fix(text="Or a Linux machine"),
)


@rule(
    code="MC104",
    slug="mac-intel-eol",
    title="Intel Mac: torch ended with 2.2",
    severity="warning",
    platforms=("macos",),
    symptoms=(
        Symptom(
            pattern=r"macosx_\d+_\d+_x86_64.{0,200}(?:no wheel|No matching distribution)",
            confidence="medium",
        ),
        Symptom(
            pattern=r"\btorch\b.{0,100}no wheels with a matching platform tag.{0,40}macosx_\d{1,2}_\d{1,2}_x86_64"
        ),
        Symptom(pattern=r"You're on macOS \(.?macosx_\d{1,2}_\d{1,2}_x86_64.?\), but .?torch\b"),
    ),
    fixes=FIXES,
)
def judge(arch: str, cpu: Cpu, machine: Machine) -> Iterator[Draft]:
    if arch == "x86_64" and (cpu.model or "").startswith("Intel"):
        yield Draft(
            message="This is an Intel Mac: torch 2.2 is the last with a wheel for it.",
            evidence=(fact_evidence(machine, "arch"),),
            fixes=FIXES,
            severity="note",
        )
