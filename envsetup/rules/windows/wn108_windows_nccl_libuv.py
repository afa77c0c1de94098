"""## What it means

Windows builds have neither NCCL nor, in some releases, libuv.

## How it looks

```text
RuntimeError: use_libuv was requested but PyTorch was build without libuv support
RuntimeError: Distributed package doesn't have NCCL built in
```

## Why it happens

NCCL isn't published for Windows; libuv became the default before its build had it.

## How envsetup knows

The environment speaks of several processes (RANK, WORLD_SIZE, MASTER_ADDR), torch is 2.4 or later,
and USE_LIBUV isn't 0. A note: some builds have libuv.

## How to fix

- `set USE_LIBUV=0`, in PowerShell `$env:USE_LIBUV = "0"` (safe)
- `init_process_group("gloo")` (safe)
- Or work in WSL 2 (safe)

## When to ignore

In a single process.

## Links

- <https://github.com/pytorch/pytorch/issues/139990>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Launch, Machine, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PROGRAM

FIXES = (
    Fix(text='`set USE_LIBUV=0`, in PowerShell `$env:USE_LIBUV = "0"`'),
    Fix(text='`init_process_group("gloo")`'),
    Fix(text="Or work in WSL 2"),
)

LIBUV_SINCE = (2, 4)
"""First release whose TCPStore takes libuv unless told otherwise (the issue below Links)."""


@rule(
    code="WN108",
    slug="windows-nccl-libuv",
    title="Distributed features that Windows lacks",
    severity="warning",
    unseen=PROGRAM,
    platforms=("windows",),
    symptoms=(
        Symptom(pattern="use_libuv was requested"),
        Symptom(pattern="Distributed package doesn't have NCCL"),
        Symptom(pattern=r"No module named 'torch\._C\._distributed_c10d'", confidence="medium"),
    ),
    fixes=FIXES,
)
def judge(
    launch: Launch, torch: TorchInstall, environment: dict[str, str], machine: Machine
) -> Iterator[Draft]:
    if _series(torch.version) >= LIBUV_SINCE and environment.get("USE_LIBUV") != "0":
        yield Draft(
            message=f"Several processes are meant to meet: torch {torch.version} asks for libuv by default, which "
            "Windows builds may lack, and NCCL isn't there.",
            evidence=(
                fact_evidence(machine, "launch", "several processes"),
                fact_evidence(machine, "torch", torch.version),
            ),
            fixes=FIXES,
            severity="note",
            confidence="medium",
        )


def _series(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:2]))
