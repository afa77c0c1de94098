"""## What it means

torch's CPU kernels are built for AVX2; without AVX they end with an illegal instruction,
without AVX2 they are slow.

## How it looks

```text
Illegal instruction (core dumped)
```

## Why it happens

Old processors, or a virtual machine with a generic CPU model.

## How envsetup knows

The CPU's flags on x86_64.

## How to fix

- Virtual machine: CPU type `host` (host-passthrough; the EVC level on ESXi) (root)
- Old processor: other hardware, or torch built from source (safe)

## When to ignore

On ARM, and under Rosetta.

## Links

- <https://github.com/pytorch/pytorch/issues/22338>
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
    Fix(
        text="Virtual machine: CPU type `host` (host-passthrough; the EVC level on ESXi)",
        safety="root",
    ),
    Fix(text="Old processor: other hardware, or torch built from source"),
)


@rule(
    code="CP101",
    slug="cpu-no-avx2",
    title="The CPU, or the virtual machine's CPU model, lacks AVX2",
    severity="warning",
    unseen="programs can ask for other instructions than AVX2",
    symptoms=(
        Symptom(pattern=r"\billegal instruction"),
        Symptom(pattern=r"\bSIGILL\b"),
        Symptom(pattern="0xC000001D"),
        Symptom(pattern=r"illegal hardware instruction"),
        Symptom(pattern=r"compiled to use (?:AVX|SSE|FMA)\S{0,6} instructions"),
        Symptom(
            pattern=r"\b(?:lacks?|without|no|requires?|not support(?:ed)?|n't support)\b.{0,10}\bAVX2?\b",
            confidence="medium",
        ),
        Symptom(pattern=r"\bexit(?:ed)?(?: with)?(?: code| status)?:? 132\b", confidence="medium"),
        Symptom(
            pattern=r"(?:CPU|processor).{0,30}(?:doesn't|does not|lacks) support.{0,20}\bAVX2?\b",
            confidence="medium",
        ),
    ),
    excludes=("illegal instruction was encountered",),
    ask="`lscpu | grep -o avx2`: anything? In a virtual machine, which CPU type?",
    fixes=FIXES,
)
def judge(cpu: Cpu, arch: str, machine: Machine) -> Iterator[Draft]:
    if arch != "x86_64" or not cpu.isa or (cpu.model or "").startswith("Apple"):
        return
    if "avx2" in cpu.isa:
        return
    yield Draft(
        message=f"The CPU ({cpu.model or 'unnamed'}) has no AVX2.",
        evidence=(fact_evidence(machine, "cpu", " ".join(cpu.isa)),),
        fixes=FIXES,
        severity="warning" if "avx" in cpu.isa else "error",
    )
