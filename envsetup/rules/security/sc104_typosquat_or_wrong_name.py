"""## What it means

A package with a similar name took torch's place.

## How it looks

```text
Exception: You tried to install "pytorch". The package named for PyTorch is "torch"
```

## Why it happens

The project is PyTorch, the package is torch; torchtriton was malicious in December 2022.

## How envsetup knows

Names of installed packages.

## How to fix

- `pip uninstall -y pytorch torchtriton`, then install torch (deletes)

## When to ignore

In Conda, where `pytorch` is right.

## Links

- <https://pytorch.org/blog/compromised-nightly-dependency/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    Package,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import BUILDS

FIXES = (Fix(text="`pip uninstall -y pytorch torchtriton`, then install torch", safety="deletes"),)

WRONG = ("pytorch", "torchtriton", "pytorch-gpu", "troch")


@rule(
    code="SC104",
    slug="typosquat-or-wrong-name",
    title="A wrong or look-alike package",
    severity="warning",
    unseen=BUILDS,
    symptoms=(
        Symptom(pattern="You (?:tried to install|should install) .{0,3}pytorch"),
        Symptom(pattern="package named for PyTorch is"),
        Symptom(pattern=r"No module named '?tools\.setup_helpers"),
    ),
    fixes=FIXES,
)
def judge(packages: tuple[Package, ...], machine: Machine) -> Iterator[Draft]:
    for package in packages:
        if package.name in WRONG and package.manager == "pip":
            if package.installer == "conda":
                continue
            yield Draft(
                message=f"The package {package.name} {package.version} isn't PyTorch's; that is torch.",
                subject=package.name,
                evidence=(fact_evidence(machine, "packages", package.name),),
                fixes=FIXES,
                confidence="medium",
                severity="warning" if package.name == "torchtriton" else "note",
            )
