"""## What it means

torch could use MPS and macOS is new enough, yet no GPU is offered to this process.

## How it looks

```text
MPS built?: True
MPS available?: False
```

## Why it happens

A virtual machine, a sandbox, or a Python built for an old SDK.

## How envsetup knows

After import: MPS built, not available, on a macOS that is new enough.

## How to fix

- Run outside sandbox and virtual machine (safe)
- Use Python from python.org or conda-forge (safe)

## When to ignore

On CI runners.

## Links

- <https://github.com/pytorch/pytorch/issues/167679>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    TorchRuntime,
    value_of,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="Run outside sandbox and virtual machine"),
    Fix(text="Use Python from python.org or conda-forge"),
)


@rule(
    code="MC103",
    slug="mac-mps-unavailable-session",
    title="MPS is built in, but no Metal device is there",
    severity="warning",
    platforms=("macos",),
    symptoms=(
        Symptom(pattern=r"MPS built\W{0,4}True.{0,60}available\W{0,4}False", confidence="medium"),
        Symptom(pattern=r"MPS backend is supported on macOS \d\d\.\d\+", confidence="medium"),
        Symptom(pattern="not linked with support for mps devices", confidence="medium"),
        Symptom(
            pattern=r"mps\.is_built\(\)\W{0,8}True.{0,80}mps\.is_available\(\)\W{0,8}False",
            confidence="medium",
        ),
        Symptom(
            pattern=r"MPS (?:backend )?(?:is )?(?:unavailable|not available|not supported)\b.{0,40}\bmacOS",
            confidence="medium",
        ),
        Symptom(
            pattern=r"could not create Metal device|MTLCreateSystemDefaultDevice",
            confidence="medium",
        ),
    ),
    ask="`sw_vers`: at least the macOS that the message names? Is it a container, a virtual machine or SSH?",
    fixes=FIXES,
)
def judge(torch_runtime: TorchRuntime, macos_version: str, machine: Machine) -> Iterator[Draft]:
    if torch_runtime.mps_built and torch_runtime.mps_available is False:
        major = macos_version.partition(".")[0]
        if value_of(machine.arch) != "x86_64" and major.isdigit() and int(major) >= 14:
            yield Draft(
                message="MPS is built in, but this process sees no Metal device.",
                evidence=(fact_evidence(machine, "macos_version"),),
                fixes=FIXES,
            )
