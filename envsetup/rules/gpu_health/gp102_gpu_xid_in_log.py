"""## What it means

The NVIDIA driver reported an error of a GPU since the machine started.

## How it looks

```text
NVRM: Xid (PCI:0000:65:00): 79, pid=1234, GPU has fallen off the bus.
NVRM: Xid (PCI:0000:65:00): 31, pid=1234, MMU Fault
```

## Why it happens

The number tells: 48, 64, 79, 95, 119, 120 and 140 speak of hardware or firmware, 63, 74, 92 and 94 of memory or links that begin to fail, 13, 31, 43 and 45 mostly of the program.

## How envsetup knows

`NVRM: Xid` lines of the kernel log, where it may be read: error, warning or note by the number.

## How to fix

- Of hardware: stop the jobs, keep `nvidia-bug-report.sh`, reset the GPU or power-cycle; replace it where it comes back (reboot)
- Of the program: find its illegal access with `compute-sanitizer` or CUDA_LAUNCH_BLOCKING=1 (safe)

## When to ignore

Numbers 13, 31, 43 and 45 of a program that crashed.

## Links

- <https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html>
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from envsetup.model import Fix, Machine, Severity
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import LOG

FIXES = (
    Fix(
        text="Of hardware: stop the jobs, keep `nvidia-bug-report.sh`, reset the GPU or power-cycle; replace it where it comes back",
        safety="reboot",
    ),
    Fix(
        text="Of the program: find its illegal access with `compute-sanitizer` or CUDA_LAUNCH_BLOCKING=1"
    ),
)

XID = re.compile(r"NVRM: Xid \((?:PCI:)?([0-9A-Fa-f:.]{4,20})\): (\d{1,3})\b")
HARDWARE = frozenset({48, 64, 79, 95, 119, 120, 140})
BEGINNING = frozenset({63, 74, 92, 94})
"""NVIDIA's Xid catalogue: contained or recorded for repair at the next reset, links, error rates."""


def _weight(number: int) -> Severity:
    return "error" if number in HARDWARE else "warning" if number in BEGINNING else "note"


@rule(
    code="GP102",
    slug="gpu-xid-in-log",
    title="Xid events in the kernel log",
    severity="error",
    unseen=LOG,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"NVRM: Xid \(\S{1,30}\): (?:48|64|95|119|120|140)\b"),
        Symptom(pattern=r"NVRM: Xid \(\S{1,30}\): \d{1,3}", confidence="medium"),
        Symptom(pattern=r"\bXid \d{1,3}\b", confidence="low"),
        Symptom(
            pattern=r"uncorrectable NVLink error|cudaErrorNvlinkUncorrectable|CUDA_ERROR_NVLINK_UNCORRECTABLE"
        ),
        Symptom(pattern=r"\bSXid \(PCI", confidence="medium"),
    ),
    ask="`sudo dmesg | grep Xid`: which number, how often?",
    fixes=FIXES,
)
def judge(kernel_log: tuple[str, ...], machine: Machine) -> Iterator[Draft]:
    seen: Counter[tuple[str, int]] = Counter()
    for line in kernel_log:
        event = XID.search(line)
        if event:
            seen[event.group(1), int(event.group(2))] += 1
    for (address, number), count in sorted(seen.items()):
        yield Draft(
            message=f"The kernel log holds Xid {number} of the GPU at {address}, {count} times.",
            subject=f"{address} Xid {number}",
            evidence=(fact_evidence(machine, "kernel_log", f"Xid {number} at {address}"),),
            fixes=FIXES,
            severity=_weight(number),
        )
