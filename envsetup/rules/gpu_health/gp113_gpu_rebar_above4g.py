"""## What it means

The GPU's memory window (BAR) was not placed, so the driver can't start the card.

## How it looks

```text
NVRM: This PCI I/O region assigned to your NVIDIA device is invalid: NVRM: BAR1 is 0M @ 0x0 (PCI:0000:65:00.0)
NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x22:0x56:884)
```

## Why it happens

Cards with much memory need addresses above 4 GiB; firmware has "Above 4G Decoding" and "Resizable BAR" off, or a virtual machine has too small a window.

## How envsetup knows

The driver's complaint of an invalid BAR in the kernel log: an error, a note where NVML answers and names a GPU all the same.

## How to fix

- Enable Above 4G Decoding and Resizable BAR in the firmware (reboot)
- In a virtual machine: give it UEFI and a larger 64-bit window (reboot)

## When to ignore

Where the GPU works.

## Links

- <https://github.com/NVIDIA/open-gpu-kernel-modules/issues/862>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Known, Machine, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import LOG

FIXES = (
    Fix(text="Enable Above 4G Decoding and Resizable BAR in the firmware", safety="reboot"),
    Fix(text="In a virtual machine: give it UEFI and a larger 64-bit window", safety="reboot"),
)

NO_ROOM = re.compile(
    r"PCI I/O region assigned to your NVIDIA device is invalid|NVRM: BAR\d is 0M @ 0x0"
)


@rule(
    code="GP113",
    slug="gpu-rebar-above4g",
    title="The firmware gives the GPU no room in the address space",
    severity="error",
    unseen=LOG,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"PCI I/O region assigned to your NVIDIA device is invalid"),
        Symptom(
            pattern=r"BAR ?\d(?: \[[^\]]{1,60}\])?: (?:no space for|can't assign|failed to assign)"
        ),
        Symptom(pattern=r"RmInitAdapter failed", confidence="medium"),
        Symptom(pattern=r"rm_init_adapter failed|failed to copy vbios", confidence="medium"),
        Symptom(pattern=r"BIOS may have misconfigured your GPU"),
    ),
    ask="`sudo dmesg | grep -i -e 'BAR' -e NVRM`",
    fixes=FIXES,
)
def judge(kernel_log: tuple[str, ...], machine: Machine) -> Iterator[Draft]:
    line = next((row for row in kernel_log if NO_ROOM.search(row)), None)
    if line is None:
        return
    driver = value_of(machine.nvidia_driver)
    works = driver is not None and isinstance(driver.nvml, Known) and bool(value_of(machine.gpus))
    yield Draft(
        message="The firmware gave an NVIDIA GPU no room for its memory window (BAR).",
        evidence=(fact_evidence(machine, "kernel_log", line[:300]),),
        fixes=FIXES,
        severity="note" if works else "error",
    )
