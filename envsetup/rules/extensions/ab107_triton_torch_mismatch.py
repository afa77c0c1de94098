"""## What it means

torch and triton are released as pairs; another triton breaks torch.compile.

## How it looks

```text
ImportError: cannot import name 'triton_key' from 'triton.compiler.compiler'
```

## Why it happens

Another package asked for its own triton.

## How envsetup knows

torch's exact pin in its metadata against the installed triton.

## How to fix

- Install the version that torch's metadata pins: `pip install triton==<pin>` (safe)
- Uninstall a second owner such as pytorch-triton (safe)

## When to ignore

In serving images that pin another on purpose, and whose checks pass.

## Links

- <https://github.com/pytorch/pytorch/issues/143406>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    Package,
    TorchInstall,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import OTHERS

FIXES = (
    Fix(text="Install the version that torch's metadata pins: `pip install triton==<pin>`"),
    Fix(text="Uninstall a second owner such as pytorch-triton"),
)

PIN = re.compile(r"triton\s*\(?==\s*(\d[\w.]*)")


@rule(
    code="AB107",
    slug="triton-torch-mismatch",
    title="triton isn't the version that torch pins",
    severity="error",
    unseen=OTHERS,
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern="cannot import name 'triton_key'"),
        Symptom(pattern=r"module 'triton\S*' has no attribute"),
        Symptom(pattern=r"cannot import name '\w+' from 'triton"),
        Symptom(pattern=r"No module named '?triton\.\w"),
        Symptom(pattern=r"requires triton\S{1,30}[^\n]{0,120}but you have triton"),
        Symptom(pattern=r"object has no attribute 'cluster_dims'", confidence="medium"),
    ),
    fixes=FIXES,
)
def judge(packages: tuple[Package, ...], torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    owner = next((p for p in packages if p.name == "torch" and p.manager == "pip"), None)
    triton = next((p for p in packages if p.name == "triton" and p.manager == "pip"), None)
    pins = [m[1] for line in (owner.requires if owner else ()) if (m := PIN.match(line))]
    if triton is None or not pins or torch.official is not True:
        return
    if triton.version.partition("+")[0] not in pins:
        yield Draft(
            message=f"triton {triton.version} is installed; torch {torch.version} pins {pins[0]}.",
            subject="triton",
            evidence=(fact_evidence(machine, "torch", torch.version),),
            fixes=FIXES,
            severity="warning",
        )
