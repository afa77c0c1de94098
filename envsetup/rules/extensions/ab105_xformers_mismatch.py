"""## What it means

xformers' compiled parts aren't loaded; its slow paths or an error follow.

## How it looks

```text
WARNING[XFORMERS]: xFormers can't load C++/CUDA extensions. xFormers was built for: PyTorch 2.1.2+cu121 with CUDA 1201 (you have 2.1.2+cpu)
```

## Why it happens

Each release fits one torch.

## How envsetup knows

Its metadata pins one release of torch, and another one is installed. Nightly and vendors' builds count as the release that they lead to.

## How to fix

- Install xformers and torch together from the same index (safe)
- Or uninstall xformers (safe)

## When to ignore

Where it isn't used.

## Links

- <https://github.com/facebookresearch/xformers/issues/982>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Machine, Package, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (
    Fix(text="Install xformers and torch together from the same index"),
    Fix(text="Or uninstall xformers"),
)

PIN = re.compile(r"torch\s*\(?==\s*([0-9][0-9A-Za-z.+]*)\)?\s*$")


@rule(
    code="AB105",
    slug="xformers-mismatch",
    title="xformers was built for another torch",
    severity="warning",
    unseen=PART,
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern=r"xFormers can't load C\+\+/CUDA extensions"),
        Symptom(pattern="xFormers was built for"),
        Symptom(pattern=r"xFormers wasn't buil[dt] with CUDA support"),
        Symptom(pattern=r"\bxformers \S{1,30} (?:requires|depends on|has requirement) torch"),
        Symptom(pattern=r"No operator found for `?memory_efficient_attention", confidence="medium"),
        Symptom(pattern=r"for more information on how to install xformers"),
    ),
    fixes=FIXES,
)
def judge(torch: TorchInstall, packages: tuple[Package, ...], machine: Machine) -> Iterator[Draft]:
    from packaging.version import InvalidVersion, Version

    own = next((p for p in packages if p.name == "xformers"), None)
    pins = [m[1] for line in own.requires if (m := PIN.match(line))] if own else []
    if own is None or len(pins) != 1:
        return
    try:
        there, wanted = Version(torch.version), Version(pins[0])
    except InvalidVersion:
        return
    if there.base_version == wanted.base_version:
        return
    yield Draft(
        message=f"xformers {own.version} was built for torch {pins[0]}, and torch is {torch.version}.",
        subject="xformers",
        evidence=(
            fact_evidence(machine, "packages", f"xformers {own.version} requires torch=={pins[0]}"),
            fact_evidence(machine, "torch", torch.version),
        ),
        fixes=FIXES,
    )
