"""## What it means

CUDA says that the system is not yet initialized on a machine that has no NVSwitch to initialize.

## How it looks

```text
Couldn't init CUDA: Error 802: system not yet initialized
```

## Why it happens

With some pairs of driver and kernel, heterogeneous memory management collides with the random layout of the kernel's addresses.

## How envsetup knows

Error 802 from CUDA where every NVIDIA GPU is a GeForce or RTX card, which NVSwitch never joins.

## How to fix

- Install a newer driver (reboot)
- Or turn the feature off: `options nvidia_uvm uvm_disable_hmm=1` in /etc/modprobe.d, and reload the module (root)

## When to ignore

On machines with NVSwitch: see DR109.

## Links

- <https://github.com/wilicc/gpu-burn/issues/133>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine, TorchRuntime
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="Install a newer driver", safety="reboot"),
    Fix(
        text="Or turn the feature off: `options nvidia_uvm uvm_disable_hmm=1` in /etc/modprobe.d, and reload the module",
        safety="root",
    ),
)
CARD = re.compile(r"\b(?:GeForce|RTX)\b")


@rule(
    code="DR110",
    slug="hmm-kaslr-802",
    title="Error 802 or init failure with HMM on some kernels",
    severity="warning",
    platforms=("linux",),
    symptoms=(
        Symptom(
            pattern=r"Couldn't init CUDA[^\n]{0,60}system not yet initialized", confidence="medium"
        ),
        Symptom(pattern=r"system not yet initialized", confidence="low"),
        Symptom(pattern=r"uvm_disable_hmm", confidence="medium"),
    ),
    ask="`cat /sys/module/nvidia_uvm/parameters/uvm_disable_hmm`; does this machine have NVSwitch?",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], torch_runtime: TorchRuntime, machine: Machine) -> Iterator[Draft]:
    error = torch_runtime.cuda_error or ""
    mine = [g.name for g in gpus if g.vendor == "nvidia"]
    if torch_runtime.cuda_available or "system not yet initialized" not in error:
        return
    if mine and all(name and CARD.search(name) for name in mine):
        yield Draft(
            message=f"CUDA can't start on {mine[0]} (error 802), and no NVSwitch is the reason.",
            evidence=(
                fact_evidence(machine, "torch_runtime", error),
                fact_evidence(machine, "gpus", ", ".join(name or "" for name in mine)),
            ),
            fixes=FIXES,
            confidence="medium",
        )
