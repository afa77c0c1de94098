"""## What it means

The conda channel named pytorch gets no more releases: 2.5.1 is its last.

## How it looks

```text
PackagesNotFoundError: The following packages are not available from current channels: - pytorch==2.7.0
nothing provides requested pytorch-cuda 12.6
```

## Why it happens

PyTorch ended its own conda packages; old instructions and environment files still name the channel.

## How envsetup knows

The build name of conda's pytorch record: the channel's own look like `py3.11_cuda12.4_cudnn9.1.0_0`. A working old pin is only noted.

## How to fix

- Take `pytorch-gpu` (or `pytorch`) from conda-forge, and remove the channel from environment files (safe)
- Or use the wheels: `envsetup install-plan` (safe)

## When to ignore

Where an old, pinned torch is what is wanted.

## Links

- <https://github.com/pytorch/pytorch/issues/138506>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Machine, Package
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text="Take `pytorch-gpu` (or `pytorch`) from conda-forge, and remove the channel from environment files"
    ),
    Fix(text="Or use the wheels: `envsetup install-plan`"),
)
OF_CHANNEL = re.compile(r"pytorch-[\d.]+-py3\.\d+_(?:cuda|cpu)\S*\.json")


@rule(
    code="PY109",
    slug="conda-pytorch-channel-dead",
    title="Using the retired `pytorch` conda channel",
    severity="warning",
    unseen="environment files aren't read",
    symptoms=(
        Symptom(
            pattern=r"PackagesNotFoundError[^\n]{0,200}\b(?:(?:py)?torch|torchvision|torchaudio|cudatoolkit)\b"
        ),
        Symptom(pattern=r"nothing provides (?:requested )?pytorch(?:-cuda)?\b"),
        Symptom(pattern=r"ResolvePackageNotFound[^\n]{0,200}\bpytorch\b"),
        Symptom(
            pattern=r"pytorch-cuda[= ][^\n]{0,60}(?:does not exist|is not installable|conflicts)",
            confidence="medium",
        ),
        Symptom(pattern=r"(?:404|NOT FOUND).{0,80}conda\.anaconda\.org/pytorch\b"),
    ),
    ask="`conda list pytorch`: from which channel?",
    fixes=FIXES,
)
def judge(packages: tuple[Package, ...], machine: Machine) -> Iterator[Draft]:
    for one in packages:
        if one.manager == "conda" and one.metadata and OF_CHANNEL.fullmatch(one.metadata):
            yield Draft(
                message=f"pytorch {one.version} came from the pytorch channel, which has ended.",
                subject="pytorch",
                evidence=(fact_evidence(machine, "packages", one.metadata),),
                fixes=FIXES,
                severity="note",
            )
