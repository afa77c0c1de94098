"""## What it means

The GPU put a bad row of its memory aside at the next reset, or has no spare row left.

## How it looks

```text
Remapping Failure Occurred : Yes
Pending Page Blacklist : Yes
NVRM: Xid (PCI:0000:65:00): 64, Row Remapper: Failed to remap row
```

## Why it happens

An uncorrectable error happened; the repair takes effect only after a reset.

## How envsetup knows

NVML's remapped rows: pending is a warning, failed an error.

## How to fix

- Pending: `sudo nvidia-smi --gpu-reset -i <index>` without running jobs, or a reboot (reboot)
- Failed: have the card replaced (safe)

## When to ignore

Never for long: the row may be used until then.

## Links

- <https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/index.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import COUNTERS

FIXES = (
    Fix(
        text="Pending: `sudo nvidia-smi --gpu-reset -i <index>` without running jobs, or a reboot",
        safety="reboot",
    ),
    Fix(text="Failed: have the card replaced"),
)


@rule(
    code="GP103",
    slug="gpu-row-remap-pending",
    title="Repair of GPU memory is pending or failed",
    severity="warning",
    unseen=COUNTERS,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"Failed to remap row"),
        Symptom(pattern=r"Remapping Failure Occurred ?: Yes"),
        Symptom(pattern=r"Pending Page (?:Blacklist|Retirement) ?: Yes"),
        Symptom(pattern=r"Row Remapper", confidence="medium"),
    ),
    ask="`nvidia-smi -q -d ROW_REMAPPER,PAGE_RETIREMENT`",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    for gpu in gpus:
        if gpu.health is None or not (gpu.health.remap_pending or gpu.health.remap_failed):
            continue
        failed = bool(gpu.health.remap_failed)
        name = gpu.name or "the GPU"
        what = "failed" if failed else "waits for a reset"
        yield Draft(
            message=f"Repair of the memory of {name} (GPU {gpu.index}) {what}.",
            subject=f"gpu {gpu.index}",
            evidence=(fact_evidence(machine, "gpus", f"{name}: remapping {what}"),),
            fixes=FIXES,
            severity="error" if failed else "warning",
        )
