"""## What it means

The GPU's memory lost bits that ECC could not mend; results or the whole context may be gone.

## How it looks

```text
RuntimeError: CUDA error: uncorrectable ECC error encountered
```

## Why it happens

A failing memory cell, rarely heat or radiation.

## How envsetup knows

NVML's count of uncorrected errors since the driver was loaded, above 0.

## How to fix

- Take the work off this GPU, then `sudo nvidia-smi --gpu-reset -i <index>` (root)
- Or reboot; where it comes back, have the card replaced (reboot)

## When to ignore

Old errors in the aggregate count alone.

## Links

- <https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import COUNTERS

FIXES = (
    Fix(
        text="Take the work off this GPU, then `sudo nvidia-smi --gpu-reset -i <index>`",
        safety="root",
    ),
    Fix(text="Or reboot; where it comes back, have the card replaced", safety="reboot"),
)


@rule(
    code="GP101",
    slug="gpu-ecc-uncorrectable",
    title="Uncorrectable memory errors on the GPU",
    severity="error",
    unseen=COUNTERS,
    platforms=(
        "linux",
        "windows",
    ),
    symptoms=(
        Symptom(pattern=r"(?<!\b0 )(?<!\bno )\buncorrectable ECC\b"),
        Symptom(pattern=r"cudaErrorECCUncorrectable|CUDA_ERROR_ECC_UNCORRECTABLE"),
        Symptom(pattern=r"Double Bit ECC Error", confidence="medium"),
        Symptom(pattern=r"\bcuda.{0,80}(?:error|err|failure|code|returned)\W{0,4}214\b"),
    ),
    suppresses=(
        "GP102",
        "GP103",
    ),
    ask="`nvidia-smi -q -d ECC`",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    for gpu in gpus:
        count = gpu.health.ecc_uncorrected_volatile if gpu.health else None
        if count and count > 0:
            name = gpu.name or "the GPU"
            yield Draft(
                message=f"{name} (GPU {gpu.index}) has {count} uncorrectable memory errors since the driver was loaded.",
                subject=f"gpu {gpu.index}",
                evidence=(
                    fact_evidence(machine, "gpus", f"{name}: {count} uncorrected, volatile"),
                ),
                fixes=FIXES,
            )
