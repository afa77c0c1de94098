"""## What it means

The open nouveau driver holds the NVIDIA GPU, so NVIDIA's own driver, which CUDA needs, can't have it.

## How it looks

```text
NVRM: GPU 0000:01:00.0 is already bound to nouveau.
modprobe: ERROR: could not insert 'nvidia': No such device
```

## Why it happens

Distributions load nouveau at start until it is put on the deny list and the initial RAM disk is made anew.

## How envsetup knows

The kernel driver bound to each NVIDIA device on the bus, where no module of NVIDIA's answers.

## How to fix

- Install the NVIDIA driver with the distribution's package, which denies nouveau, and reboot (reboot)
- Where it was installed already: put `blacklist nouveau` and `options nouveau modeset=0` in /etc/modprobe.d, make the initial RAM disk anew, reboot (reboot)

## When to ignore

For a second card that is not meant for computing.

## Links

- <https://github.com/NVIDIA/gpu-driver-container/issues/44>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine, NvidiaDriver, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text="Install the NVIDIA driver with the distribution's package, which denies nouveau, and reboot",
        safety="reboot",
    ),
    Fix(
        text="Where it was installed already: put `blacklist nouveau` and `options nouveau modeset=0` in /etc/modprobe.d, make the initial RAM disk anew, reboot",
        safety="reboot",
    ),
)


@rule(
    code="DR102",
    slug="nouveau-bound",
    title="nouveau holds the GPU",
    severity="error",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"already bound to nouveau"),
        Symptom(pattern=r"Nouveau kernel driver is currently in use"),
        Symptom(pattern=r"disable the nouveau kernel (?:driver|module)", confidence="medium"),
        Symptom(pattern=r"nouveau, rivafb, nvidiafb"),
        Symptom(pattern=r"obtained ownership of the NVIDIA device", confidence="medium"),
    ),
    suppresses=(
        "DR101",
        "WH101",
        "WH103",
        "DR107",
        "DR108",
    ),
    ask="`lspci -k | grep -A3 -i nvidia`: which kernel driver is in use?",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    mine = [g for g in gpus if g.vendor == "nvidia"]
    held = [g for g in mine if g.kernel_driver == "nouveau"]
    driver: NvidiaDriver | None = value_of(machine.nvidia_driver)
    if not held or len(held) < len(mine) or (driver and value_of(driver.version)):
        return
    names = ", ".join(g.name or g.pci_id or "an NVIDIA GPU" for g in held)
    yield Draft(
        message=f"nouveau holds {names}: CUDA can't use it.",
        evidence=(fact_evidence(machine, "gpus", f"{names}: kernel driver nouveau"),),
        fixes=FIXES,
    )
