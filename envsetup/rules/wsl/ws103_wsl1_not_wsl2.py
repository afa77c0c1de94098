"""## What it means

WSL 1 has no GPU: it translates system calls and runs no Linux kernel.

## How it looks

```text
Found no NVIDIA driver on your system
```

## Why it happens

Old distributions stay on version 1 until they are converted.

## How envsetup knows

The kernel's name and release say WSL 1, and torch is a GPU build.

## How to fix

- In Windows: `wsl --set-version <distribution> 2` (safe)

## When to ignore

Where only the CPU is meant.

## Links

- <https://learn.microsoft.com/windows/wsl/install>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    TorchInstall,
    Wsl,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (Fix(text="In Windows: `wsl --set-version <distribution> 2`"),)


@rule(
    code="WS103",
    slug="wsl1-not-wsl2",
    title="This is WSL 1",
    severity="error",
    unseen=PART,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"4\.4\.0-\d{5}-Microsoft"),
        Symptom(pattern=r"\bWSL ?1\b.{0,80}(?:GPU|CUDA|NVIDIA)", confidence="medium"),
    ),
    suppresses=("DR101", "WS101"),
    fixes=FIXES,
)
def judge(wsl: Wsl, torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    if wsl.version == 1 and (torch.build or "cpu") not in ("cpu", "mps"):
        yield Draft(
            message=f"This is WSL 1, which has no GPU, and torch is a {torch.build} build.",
            evidence=(fact_evidence(machine, "wsl", wsl.kernel or "1"),),
            fixes=FIXES,
        )
