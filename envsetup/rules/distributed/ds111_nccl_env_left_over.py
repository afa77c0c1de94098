"""## What it means

Variables of an old experiment slow down collectives.

## How it looks

Nothing is printed.

## Why it happens

They stay in profiles and images.

## How envsetup knows

NCCL_P2P_DISABLE, NCCL_SHM_DISABLE or NCCL_IB_DISABLE is 1, on a machine with several GPUs.

## How to fix

- Unset the variable and measure (safe)

## When to ignore

Where it works around DS101, and on consumer GPUs without P2P.

## Links

- <https://github.com/NVIDIA/nccl/issues/631>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Gpu,
    Known,
    Machine,
)
from envsetup.rules import Draft, fact_evidence, rule

FIXES = (Fix(text="Unset the variable and measure"),)

SWITCHES = ("NCCL_P2P_DISABLE", "NCCL_SHM_DISABLE", "NCCL_IB_DISABLE")


@rule(
    code="DS111",
    slug="nccl-env-left-over",
    title="NCCL variables disable fast paths",
    severity="warning",
    platforms=("linux",),
    fixes=FIXES,
)
def judge(environment: dict[str, str], gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    if len(gpus) < 2 or isinstance(machine.wsl, Known):
        return
    for name in SWITCHES:
        if environment.get(name) == "1":
            yield Draft(
                message=f"{name}=1 takes a fast path from {len(gpus)} GPUs.",
                subject=name,
                evidence=(fact_evidence(machine, "environment", f"{name}=1"),),
                fixes=FIXES,
                severity="note",
            )
