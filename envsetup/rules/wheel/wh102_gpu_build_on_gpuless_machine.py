"""## What it means

torch is a CUDA build, and this machine has no GPU: it works, on the CPU, and takes gigabytes more than it needs.

## How it looks

```text
torch.cuda.is_available() is False; the environment takes 5 GB
```

## Why it happens

On Linux the default build is the CUDA build.

## How envsetup knows

torch built for CUDA, with neither a GPU on the bus nor a driver; not under WSL.

## How to fix

- Take the CPU build: `envsetup install-plan --backend cpu` (safe)

## When to ignore

Where the environment or image is made here and runs on machines with a GPU.

## Links

- <https://docs.pytorch.org/get-started/locally/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Absent, Fix, Machine, TorchInstall
from envsetup.rules import Draft, fact_evidence, rule

FIXES = (Fix(text="Take the CPU build: `envsetup install-plan --backend cpu`"),)


@rule(
    code="WH102",
    slug="gpu-build-on-gpuless-machine",
    title="Gigabytes of CUDA libraries on a machine with no GPU",
    severity="note",
    platforms=("linux",),
    ask="Is this environment meant for a machine with a GPU?",
    fixes=FIXES,
)
def judge(torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    none_there = isinstance(machine.gpus, Absent) and isinstance(machine.nvidia_driver, Absent)
    if torch.cuda and none_there and isinstance(machine.wsl, Absent):
        yield Draft(
            message=f"torch {torch.version} carries CUDA {torch.cuda}, and there is no GPU here.",
            subject="torch",
            evidence=(fact_evidence(machine, "torch", torch.version),),
            fixes=FIXES,
        )
