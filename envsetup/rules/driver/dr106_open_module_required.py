"""## What it means

GPUs from Blackwell on work with the open kernel module only; the proprietary one is loaded.

## How it looks

```text
NVRM: The NVIDIA GPU 0000:01:00.0 ... requires use of the NVIDIA open kernel modules.
No devices were found
```

## Why it happens

The package of the driver holds one flavour of the module; the default of some installers is still the proprietary one.

## How envsetup knows

The flavour that /proc/driver/nvidia/version tells, beside the GPU's compute capability, where NVML doesn't list the GPU.

## How to fix

- Ubuntu: install the package whose name ends in -open, for example nvidia-driver-580-open, and reboot (reboot)
- RHEL: `sudo dnf module install nvidia-driver:open-dkms`; Arch: nvidia-open; then reboot (reboot)

## When to ignore

Never: the GPU can't be used. Cards older than Turing are the reverse and need the proprietary module.

## Links

- <https://github.com/NVIDIA/open-gpu-kernel-modules/issues/862>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.knowledge import capability
from envsetup.model import Fix, Gpu, Machine, NvidiaDriver, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text="Ubuntu: install the package whose name ends in -open, for example nvidia-driver-580-open, and reboot",
        safety="reboot",
    ),
    Fix(
        text="RHEL: `sudo dnf module install nvidia-driver:open-dkms`; Arch: nvidia-open; then reboot",
        safety="reboot",
    ),
)
BLACKWELL = (10, 0)
"""The first compute capability that only the open module drives."""


@rule(
    code="DR106",
    slug="open-module-required",
    title="GPU generation needs the open kernel module",
    severity="error",
    unseen="some drivers don't tell their kind",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"requires use of the NVIDIA open kernel modules"),
        Symptom(pattern=r"RmInitAdapter failed! \(0x22:0x56:", confidence="medium"),
    ),
    suppresses=("DR101", "DR113"),
    ask="`cat /proc/driver/nvidia/version`: does it say Open Kernel Module?",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], nvidia_driver: NvidiaDriver, machine: Machine) -> Iterator[Draft]:
    if nvidia_driver.flavour != "proprietary":
        return
    for gpu in gpus:
        unseen = gpu.vendor == "nvidia" and gpu.source.kind == "file"
        if unseen and gpu.compute_capability and capability(gpu.compute_capability) >= BLACKWELL:
            version = value_of(nvidia_driver.version) or "of unknown version"
            name = gpu.name or gpu.pci_id or "An NVIDIA GPU"
            yield Draft(
                message=f"{name} needs the open kernel module; the proprietary driver {version} is loaded.",
                subject=gpu.pci_address or str(gpu.index),
                evidence=(fact_evidence(machine, "nvidia_driver", f"{version}, proprietary"),),
                fixes=FIXES,
            )
