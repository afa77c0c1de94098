"""## What it means

This is a Jetson, whose GPU the general aarch64 wheels with this CUDA do not serve.

## How it looks

```text
CUDA error: no kernel image is available for execution on the device
NvRmMemInitNvmap failed with Permission denied
```

## Why it happens

Up to JetPack 6, Jetson's driver and libraries differ from those of servers, which the general wheels are built for.

## How envsetup knows

The L4T release in /etc/nv_tegra_release beside a published CUDA wheel of torch that does not see the GPU.

## How to fix

- Take the wheel or container made for this JetPack (safe)
- Or move to JetPack 7, which the general wheels with CUDA 13.2 and newer serve (deletes)

## When to ignore

On JetPack 7 and Thor with CUDA 13 wheels.

## Links

- <https://github.com/dusty-nv/jetson-containers/issues/9>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Machine, TorchInstall, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (
    Fix(text="Take the wheel or container made for this JetPack"),
    Fix(
        text="Or move to JetPack 7, which the general wheels with CUDA 13.2 and newer serve",
        safety="deletes",
    ),
)
OWN_DRIVER = re.compile(r"R(?:32|34|35|36)\b")
"""L4T of JetPack 4 to 6."""


@rule(
    code="WH110",
    slug="jetson-needs-own-wheel",
    title="Generic aarch64 wheel on Jetson",
    severity="error",
    unseen=PART,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"NvRmMemInitNvmap failed"),
        Symptom(
            pattern=r"(?:Jetson|JetPack|tegra)[^\n]{0,200}no kernel image", confidence="medium"
        ),
        Symptom(
            pattern=r"(?:Jetson|JetPack|tegra)[^\n]{0,200}not compiled with CUDA",
            confidence="medium",
        ),
        Symptom(
            pattern=r"(?:Jetson|JetPack|Orin|Xavier|tegra).{0,200}(?:is_available\(\).{0,30}|CUDA available: )False|is_available\(\).{0,40}False.{0,60}(?:Jetson|JetPack)",
            confidence="medium",
        ),
        Symptom(
            pattern=r"Jetson.{0,200}\bCPU[- ]only|\bCPU[- ]only.{0,200}Jetson", confidence="medium"
        ),
        Symptom(pattern=r"\bNvMap\w{3,40}:?.{0,20}error"),
    ),
    suppresses=(
        "AR101",
        "WH103",
        "AR102",
    ),
    ask="`cat /etc/nv_tegra_release`: which L4T release?",
    fixes=FIXES,
)
def judge(torch: TorchInstall, tegra: str, machine: Machine) -> Iterator[Draft]:
    runtime = value_of(machine.torch_runtime)
    if runtime is None or runtime.cuda_available is not False:
        return
    if torch.cuda and torch.official and OWN_DRIVER.match(tegra):
        yield Draft(
            message=f"torch {torch.version} is the general aarch64 wheel; this Jetson (L4T {tegra}) needs its own.",
            subject="torch",
            evidence=(
                fact_evidence(machine, "tegra"),
                fact_evidence(machine, "torch", torch.version),
            ),
            fixes=FIXES,
        )
