"""## What it means

Loading a model file can run code of its author, even with weights_only=True.

## How it looks

```text
ValueError: Due to a serious vulnerability issue in `torch.load`, … we now require users to upgrade torch to at least v2.6
```

## Why it happens

CVE-2025-32434, in torch before 2.6.

## How envsetup knows

torch's version.

## How to fix

- torch 2.6 or later (safe)
- Until then load safetensors only (safe)

## When to ignore

With a vendor's back-port.

## Links

- <https://github.com/advisories/GHSA-53q9-r3pm-6pq6>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    TorchInstall,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="Install torch 2.6 or later: `envsetup install-plan` says how"),
    Fix(text="Until then load safetensors only"),
)


@rule(
    code="SC101",
    slug="torch-known-vulnerable",
    title="This torch has a known serious flaw",
    severity="warning",
    symptoms=(
        Symptom(pattern=r"serious vulnerability issue in .{0,3}torch\.load"),
        Symptom(pattern="CVE-2025-32434"),
    ),
    fixes=FIXES,
)
def judge(torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    found = re.match(r"(\d+)\.(\d+)", torch.version)
    if found and (int(found[1]), int(found[2])) < (2, 6):
        yield Draft(
            message=f"torch {torch.version} can be made to run code by a model file"
            " (CVE-2025-32434, mended in 2.6).",
            evidence=(fact_evidence(machine, "torch", torch.version),),
            fixes=FIXES,
        )
