"""## What it means

XPU wheels serve Arc, Data Center Max and Core Ultra GPUs; older ones only partly work.

## How it looks

```text
RuntimeError: No available kernel. Aborting execution.
The device … doesn't support querying the available free memory
```

## Why it happens

Older graphics lack features that the kernels use.

## How envsetup knows

The build is one for XPUs, and the numbers of the Intel devices on the bus (`/sys/bus/pci/devices`) are none of the list that
PyTorch's builds compute on.

## How to fix

- Use the CPU build (safe)

## When to ignore

Where the GPU is only for display.

## Links

- <https://docs.pytorch.org/docs/stable/notes/get_start_xpu.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.knowledge import Knowledge
from envsetup.model import Fix, Gpu, Machine, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (Fix(text="Use the CPU build"),)


@rule(
    code="XP104",
    slug="xpu-unsupported-gpu",
    title="This Intel GPU isn't on the supported list",
    severity="warning",
    unseen=PART,
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern="doesn't support querying the available free memory"),
        Symptom(pattern="xpu.{0,200}No available kernel", confidence="medium"),
        Symptom(pattern=r"program was built for \d{1,2} devices.{0,120}Intel", confidence="medium"),
    ),
    fixes=FIXES,
)
def judge(
    torch: TorchInstall, gpus: tuple[Gpu, ...], machine: Machine, knowledge: Knowledge
) -> Iterator[Draft]:
    intel = [g for g in gpus if g.vendor == "intel" and g.pci_id]
    if torch.build != "xpu" or not intel or any(knowledge.is_xpu(g.pci_id) for g in intel):
        return
    names = ", ".join(f"{g.name or 'Intel GPU'} ({g.pci_id})" for g in intel)
    yield Draft(
        message=f"torch {torch.version} is built for Intel GPUs, and none of these is one it serves: {names}.",
        evidence=(fact_evidence(machine, "gpus", names),),
        fixes=FIXES,
    )
