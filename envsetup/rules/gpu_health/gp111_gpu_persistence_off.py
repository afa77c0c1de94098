"""## What it means

The driver lets go of the GPU between programs, and each first CUDA call waits for it.

## How it looks

```text
Nothing is printed: the first CUDA call takes seconds each time.
```

## Why it happens

nvidia-persistenced doesn't run.

## How envsetup knows

NVML's persistence mode off, on a GPU that has no display and is named as a data-centre model.

## How to fix

- `sudo systemctl enable --now nvidia-persistenced` (root)

## When to ignore

On desktops, laptops, Windows and WSL.

## Links

- <https://docs.nvidia.com/deploy/driver-persistence/index.html>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Known, Machine
from envsetup.rules import Draft, fact_evidence, rule

FIXES = (Fix(text="`sudo systemctl enable --now nvidia-persistenced`", safety="root"),)

SERVER = re.compile(r"\b(?:Tesla|[ABHV]\d{2,3}X?|GH200|GB[23]00|L4|L40S?|T4|P100|P40)\b")
CONSUMER = ("GeForce", "RTX", "Quadro", "TITAN")


@rule(
    code="GP111",
    slug="gpu-persistence-off",
    title="Persistence mode is off on a server GPU",
    severity="note",
    platforms=("linux",),
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    if isinstance(machine.wsl, Known):
        return
    for gpu in gpus:
        name = gpu.name or "the GPU"
        server = SERVER.search(name) is not None and not any(w in name for w in CONSUMER)
        if server and gpu.health is not None and gpu.health.persistence is False:
            yield Draft(
                message=f"Persistence mode of {name} (GPU {gpu.index}) is off: first calls are slow.",
                subject=f"gpu {gpu.index}",
                evidence=(fact_evidence(machine, "gpus", f"{name}: persistence off"),),
                fixes=FIXES,
                severity="note",
            )
