"""## What it means

A library that torch pins to one version is installed at another.

## How it looks

```text
torch 2.6.0 requires nvidia-cudnn-cu12==9.1.0.70; platform_system == "Linux", but you have nvidia-cudnn-cu12 9.5.1.17 which is incompatible.
```

## Why it happens

Another package asked for a different version later, and pip installs what it is asked and only warns.

## How envsetup knows

torch's own exact pins of nvidia-* packages and of triton against what is installed; a pin whose package is missing is not counted.

## How to fix

- Let the installer restore the pinned set: reinstall torch by the command of `envsetup install-plan` (safe)
- Or make a new environment: `envsetup setup` (safe)

## When to ignore

Where the library was exchanged on purpose and the checks pass.

## Links

- <https://github.com/pytorch/pytorch/issues/134929>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Machine, Package
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text="Let the installer restore the pinned set: reinstall torch by the command of `envsetup install-plan`"
    ),
    Fix(text="Or make a new environment: `envsetup setup`"),
)
PIN = re.compile(r"((?:nvidia-[a-z0-9-]+)|triton)\s*\(?==\s*([0-9][^\s;,)]*)")


@rule(
    code="PY112",
    slug="requirements-inconsistent",
    title="Installed set breaks torch's own requirements",
    severity="error",
    symptoms=(
        Symptom(pattern=r"\btorch \d\S{0,30} requires [^\n]{1,120}but you have"),
        Symptom(pattern=r"\btorch \d\S{0,30} has requirement [^\n]{1,120}but you'll have"),
        Symptom(pattern=r"\btorch \d\S{0,30} requires \S{1,80}, which is not installed"),
    ),
    ask="`python -m pip check`",
    fixes=FIXES,
)
def judge(packages: tuple[Package, ...], machine: Machine) -> Iterator[Draft]:
    torch = next((p for p in packages if p.name == "torch" and p.manager == "pip"), None)
    if torch is None:
        return
    installed: dict[str, set[str]] = {}
    for one in packages:
        if one.manager == "pip":
            installed.setdefault(one.name, set()).add(one.version)
    for line in torch.requires:
        pin = PIN.match(line)
        have = installed.get(pin.group(1)) if pin and "extra ==" not in line else None
        if pin and have and pin.group(2) not in have:
            seen = f"{pin.group(1)} {', '.join(sorted(have))}"
            yield Draft(
                message=f"torch {torch.version} pins {pin.group(1)} to {pin.group(2)}; installed is {seen}.",
                subject=pin.group(1),
                evidence=(fact_evidence(machine, "packages", seen),),
                fixes=FIXES,
                severity="warning",
            )
