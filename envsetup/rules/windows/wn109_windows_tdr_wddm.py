"""## What it means

A GPU that drives a display must answer within seconds, else Windows resets it.

## How it looks

```text
CUDA error: the launch timed out and was terminated
```

## Why it happens

WDDM's time-out (TDR); the same driver model spills GPU memory into main memory silently.

## How envsetup knows

NVML names the driver model WDDM for a board that isn't a GeForce, and the registry's TdrDelay is
below ten seconds or not set (then it is two).

## How to fix

- Shorter kernels, smaller batches (safe)
- TCC or MCDM where the card allows it: `nvidia-smi -dm 1` or `-dm 2` (reboot)
- TdrDelay=60 in the registry (reboot)

## When to ignore

For short kernels.

## Links

- <https://learn.microsoft.com/windows-hardware/drivers/display/timeout-detection-and-recovery>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine, Windows
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="Run shorter kernels, smaller batches"),
    Fix(
        text="TCC or MCDM where the card allows it: `nvidia-smi -dm 1` or `-dm 2`", safety="reboot"
    ),
    Fix(text="Set TdrDelay=60 in the registry", safety="reboot"),
)

USUAL_DELAY_S = 2
"""TdrDelay where the registry has none (the page below Links)."""
AMPLE_DELAY_S = 10
"""Who has set this much or more knows of it."""


@rule(
    code="WN109",
    slug="windows-tdr-wddm",
    title="Windows' display watchdog ends long kernels",
    severity="note",
    unseen="the displays of GeForce cards aren't told",
    platforms=("windows",),
    symptoms=(
        Symptom(pattern="the launch timed out and was terminated"),
        Symptom(pattern=r"Display driver \S{0,20} ?stopped responding"),
    ),
    fixes=FIXES,
)
def judge(windows: Windows, gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    delay = USUAL_DELAY_S if windows.tdr_delay_s is None else windows.tdr_delay_s
    for gpu in gpus:
        shown = gpu.driver_model == "WDDM" and "GeForce" not in (gpu.name or "GeForce")
        if shown and delay < AMPLE_DELAY_S:
            yield Draft(
                message=f"{gpu.name} (GPU {gpu.index}) runs as a display: a kernel of more than {delay} s is ended.",
                subject=f"GPU {gpu.index}",
                evidence=(fact_evidence(machine, "gpus", f"{gpu.name}: WDDM"),),
                fixes=FIXES,
            )
