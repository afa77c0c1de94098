"""## What it means

Secure Boot is on, and the kernel refuses the NVIDIA module because its key is not enrolled.

## How it looks

```text
modprobe: ERROR: could not insert 'nvidia': Key was rejected by service
modprobe: ERROR: could not insert 'nvidia': Required key not available
Loading of module with unavailable key is rejected
```

## Why it happens

A module built on this machine is signed with a key of this machine, or with none; the firmware trusts it only once the key is enrolled.

## How envsetup knows

Secure Boot is on by the firmware's variable, a module of NVIDIA's for the running kernel lies on the disk, and it isn't
loaded although the GPU is on the bus. That the key is what kept it out is likely, not certain.

## How to fix

- Ubuntu: `sudo mokutil --import /var/lib/shim-signed/mok/MOK.der`, reboot, choose Enroll MOK (reboot)
- Fedora: `sudo kmodgenca -a`, then `sudo mokutil --import /etc/pki/akmods/certs/public_key.der`, reboot (reboot)
- Or turn Secure Boot off in the firmware (reboot)

## When to ignore

Where the module is loaded.

## Links

- <https://github.com/canonical/nvidia-graphics-drivers/issues/61>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine, NvidiaDriver, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text="Ubuntu: `sudo mokutil --import /var/lib/shim-signed/mok/MOK.der`, reboot, choose Enroll MOK",
        safety="reboot",
    ),
    Fix(
        text="Fedora: `sudo kmodgenca -a`, then `sudo mokutil --import /etc/pki/akmods/certs/public_key.der`, reboot",
        safety="reboot",
    ),
    Fix(text="Or turn Secure Boot off in the firmware", safety="reboot"),
)


@rule(
    code="DR105",
    slug="secure-boot-rejects-module",
    title="Secure Boot refuses the unsigned module",
    severity="error",
    unseen="of which modules the keys are enrolled isn't read",
    platforms=("linux",),
    symptoms=(
        Symptom(
            pattern=r"could not insert '?nvidia\w{0,12}'?: (?:Key was rejected by service|Required key not available)"
        ),
        Symptom(pattern=r"Key was rejected by service"),
        Symptom(pattern=r"Required key not available", confidence="medium"),
        Symptom(pattern=r"Loading of (?:unsigned )?module (?:with unavailable key )?is rejected"),
        Symptom(pattern=r"unsigned module loading is restricted"),
        Symptom(
            pattern=r"could not insert '?nvidia'?: Operation not permitted", confidence="medium"
        ),
    ),
    suppresses=("DR101", "DR104"),
    ask="`mokutil --sb-state`; `sudo dmesg | grep -i reject`",
    fixes=FIXES,
)
def judge(
    gpus: tuple[Gpu, ...],
    nvidia_driver: NvidiaDriver,
    kernel: str,
    secure_boot: bool,
    machine: Machine,
) -> Iterator[Draft]:
    idle = [g for g in gpus if g.vendor == "nvidia" and g.kernel_driver is None]
    built_for = value_of(nvidia_driver.built_for) or ()
    loaded = "nvidia" in (value_of(nvidia_driver.modules) or ())
    if not secure_boot or loaded or not idle or kernel not in built_for:
        return
    yield Draft(
        message=f"Secure Boot is on, and the driver's module for {kernel} is there but not loaded: "
        "most likely its key isn't enrolled.",
        evidence=(
            fact_evidence(machine, "secure_boot", "on"),
            fact_evidence(machine, "nvidia_driver", f"a module for {kernel}, none loaded"),
        ),
        fixes=FIXES,
        confidence="medium",
    )
