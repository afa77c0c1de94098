"""## What it means

The interpreter is an x86_64 one that Rosetta translates: no MPS, and no torch after 2.2.

## How it looks

```text
torch.backends.mps.is_available() False
ERROR: No matching distribution found for torch
```

## Why it happens

A Python or Conda moved over from an Intel Mac.

## How envsetup knows

The processor is Apple's and the interpreter's machine is x86_64.

## How to fix

- Install an arm64 Python (python.org, Miniforge, or `arch -arm64 brew install python`) and make
  the environment anew (safe)

## When to ignore

On an Intel Mac.

## Links

- <https://support.apple.com/102527>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    Python,
    value_of,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import OTHERS

FIXES = (
    Fix(
        text=(
            "Install an arm64 Python (python.org, Miniforge, or `arch -arm64 brew install "
            "python`) and make the environment anew"
        )
    ),
)


@rule(
    code="MC101",
    slug="mac-rosetta-python",
    title="Intel Python on Apple silicon",
    severity="error",
    unseen=OTHERS,
    platforms=("macos",),
    symptoms=(
        Symptom(pattern=r"incompatible architecture \(have '?arm64'?, need '?x86_64"),
        Symptom(pattern="have 'x86_64', need 'arm64"),
        Symptom(pattern="Bad CPU type in executable"),
    ),
    suppresses=(
        "MC104",
        "MC102",
        "MC103",
        "PY101",
        "PY114",
    ),
    fixes=FIXES,
)
def judge(arch: str, python: Python, machine: Machine) -> Iterator[Draft]:
    cpu = value_of(machine.cpu)
    apple = arch == "arm64" or (cpu is not None and (cpu.model or "").startswith("Apple M"))
    told = python.machine or (python.platform_tag or "").rpartition("_")[2]
    if (apple and told == "x86_64") or (apple and arch == "x86_64"):
        yield Draft(
            message="This Python is an x86_64 one on Apple silicon: no MPS, and no current torch.",
            evidence=(fact_evidence(machine, "arch", arch),),
            fixes=FIXES,
        )
