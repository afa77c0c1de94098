"""## What it means

Under WSL GPUs can't copy to each other directly, NVML tells less, and expandable segments may
be refused.

## How it looks

```text
NVML_ERROR_NOT_SUPPORTED
expandable_segments not supported on this platform
```

## Why it happens

The paravirtual driver offers a part of the API.

## How envsetup knows

WSL 2 with more than one NVIDIA GPU.

## How to fix

- With several GPUs: `export NCCL_P2P_DISABLE=1` (safe)

## When to ignore

With one GPU.

## Links

- <https://docs.nvidia.com/cuda/wsl-user-guide/index.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Gpu,
    Machine,
    Wsl,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (Fix(text="With several GPUs: `export NCCL_P2P_DISABLE=1`"),)


@rule(
    code="WS106",
    slug="wsl-no-p2p-nvml-limits",
    title="Some GPU features are missing under WSL",
    severity="note",
    unseen=PART,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="wsl.{0,200}NVML_ERROR_NOT_SUPPORTED", confidence="medium"),
        Symptom(pattern="Error 500: named symbol not found", confidence="medium"),
        Symptom(pattern=r"\bWSL ?2?\b.{0,80}\bp2p\b|\bp2p\b.{0,80}\bWSL", confidence="medium"),
    ),
    fixes=FIXES,
)
def judge(wsl: Wsl, gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    count = sum(g.vendor == "nvidia" for g in gpus)
    if wsl.version == 2 and count > 1:
        yield Draft(
            message=f"{count} NVIDIA GPUs under WSL: they can't copy to each other directly.",
            evidence=(fact_evidence(machine, "wsl", "2"),),
            fixes=FIXES,
        )
