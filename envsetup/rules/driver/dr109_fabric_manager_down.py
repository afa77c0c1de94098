"""## What it means

The GPUs are joined by NVSwitch, and the service that sets the switches up is not running, or not of the driver's version.

## How it looks

```text
RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already set an error? Error 802: system not yet initialized
```

## Why it happens

Fabric Manager comes in a package of its own, whose full version has to be the driver's; an upgrade of one alone stops it.

## How envsetup knows

Error 802 from CUDA on a machine whose GPUs are of a kind that is joined by NVSwitch (SXM boards).

## How to fix

- Install nvidia-fabricmanager of exactly the driver's version, then `sudo systemctl enable --now nvidia-fabricmanager` (root)
- See why it stopped: `systemctl status nvidia-fabricmanager` and /var/log/fabricmanager.log (safe)
- Reboot where the GPUs were reset meanwhile (reboot)

## When to ignore

On machines without NVSwitch: see DR110.

## Links

- <https://github.com/pytorch/pytorch/issues/35710>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine, TorchRuntime
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text="Install nvidia-fabricmanager of exactly the driver's version, then `sudo systemctl enable --now nvidia-fabricmanager`",
        safety="root",
    ),
    Fix(
        text="See why it stopped: `systemctl status nvidia-fabricmanager` and /var/log/fabricmanager.log"
    ),
    Fix(text="Reboot where the GPUs were reset meanwhile", safety="reboot"),
)
SWITCHED = re.compile(r"SXM|HBM3\b|HGX|DGX|\b(?:B200|B300|GB200|GB300)\b")
"""In names of GPUs on boards that NVSwitch joins; PCIe cards say PCIe or NVL."""


@rule(
    code="DR109",
    slug="fabric-manager-down",
    title="NVSwitch machine without a running, matching Fabric Manager",
    severity="error",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"Error 802: system not yet initialized"),
        Symptom(pattern=r"cudaErrorSystemNotReady"),
        Symptom(pattern=r"CUDA_ERROR_SYSTEM_NOT_READY"),
        Symptom(pattern=r"system not yet initialized", confidence="medium"),
        Symptom(pattern=r"nvidia-fabricmanager[^\n]{0,60}(?:fail|inactive|mismatch|not running)"),
        Symptom(pattern=r"fabric manager NVIDIA GPU driver interface version \S{1,30} don't match"),
        Symptom(pattern=r"cuInit[^\n]{0,40}\b802\b"),
        Symptom(pattern=r"\bcuda.{0,80}(?:error|err|failure|code|returned)\W{0,4}802\b"),
        Symptom(pattern=r"\b802\b.{0,20}\berror\b", confidence="medium"),
    ),
    suppresses=("DR107",),
    ask="`systemctl status nvidia-fabricmanager` and `nvidia-smi -q | grep -A2 Fabric`",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], torch_runtime: TorchRuntime, machine: Machine) -> Iterator[Draft]:
    error = torch_runtime.cuda_error or ""
    if torch_runtime.cuda_available or "system not yet initialized" not in error:
        return
    name = next((g.name for g in gpus if g.name and SWITCHED.search(g.name)), None)
    if name is not None:
        yield Draft(
            message=f"CUDA can't start on {name} (error 802): Fabric Manager is not ready.",
            evidence=(
                fact_evidence(machine, "torch_runtime", error),
                fact_evidence(machine, "gpus", name),
            ),
            fixes=FIXES,
        )
