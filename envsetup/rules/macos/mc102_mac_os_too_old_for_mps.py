"""## What it means

This torch uses the GPU through MPS only from a later macOS on.

## How it looks

```text
RuntimeError: The MPS backend is supported on MacOS 13.0+.
RuntimeError: The MPS backend is supported on macOS 14.0+.
```

## Why it happens

The floor rose: 12.3 up to torch 2.4, 13.0 from 2.5, 14.0 from 2.9.

## How envsetup knows

macOS' version against the floor of the installed torch, on Apple silicon.

## How to fix

- A torch that still fits (2.4 for macOS 12.3, 2.8 for 13) (safe)
- Update macOS (reboot)

## When to ignore

Where only the CPU is meant. On a new macOS the same words mean that there is no Metal device
(MC103).

## Links

- <https://github.com/pytorch/pytorch/issues/139425>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    TorchInstall,
    value_of,
)
from envsetup.rules import Draft, Symptom, Undecidable, fact_evidence, rule

FIXES = (
    Fix(text="Install a torch that still fits (2.4 for macOS 12.3, 2.8 for 13)"),
    Fix(text="Update macOS", safety="reboot"),
)

FLOORS = (((2, 9), (14, 0)), ((2, 5), (13, 0)), ((1, 12), (12, 3)))
"""First torch release and the macOS that its MPS needs."""


@rule(
    code="MC102",
    slug="mac-os-too-old-for-mps",
    title="macOS is too old for this torch's MPS",
    severity="error",
    platforms=("macos",),
    symptoms=(
        Symptom(pattern=r"MPS backend is supported on macOS \d\d\.\d\+", confidence="medium"),
        Symptom(pattern=r"MPS available\? False.{0,200}\bmacOS 1[0-3]\.", confidence="medium"),
        Symptom(
            pattern=r"mps\.is_available\(\)\W{0,10}False.{0,200}\bmacOS[- ]1[0-2]\.",
            confidence="medium",
        ),
        Symptom(
            pattern=r"MPS (?:backend )?(?:is )?(?:unavailable|not available|not supported)\b.{0,40}\bmacOS",
            confidence="medium",
        ),
    ),
    suppresses=("MC103",),
    ask="`sw_vers`: is macOS older than the version in the message? If newer, it is MC103.",
    fixes=FIXES,
)
def judge(macos_version: str, torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    if value_of(machine.arch) == "x86_64":
        return
    release, system = _pair(torch.version), _pair(macos_version)
    if system == (10, 16):
        raise Undecidable("macOS tells a compatibility version (10.16)", "macos_version")
    floor = next((f for first, f in FLOORS if release >= first), None)
    if floor is not None and system < floor:
        needed = f"{floor[0]}.{floor[1]}"
        yield Draft(
            message=f"torch {torch.version} uses MPS from macOS {needed} on; this is"
            f" {macos_version}.",
            evidence=(fact_evidence(machine, "macos_version"),),
            fixes=FIXES,
        )


def _pair(version: str) -> tuple[int, int]:
    found = re.match(r"(\d+)(?:\.(\d+))?", version)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)
