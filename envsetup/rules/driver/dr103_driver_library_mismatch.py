"""## What it means

The loaded kernel module and the user-space libraries of the NVIDIA driver are of different versions.

## How it looks

```text
Failed to initialize NVML: Driver/library version mismatch
NVML library version: 550.144
```

## Why it happens

An upgrade replaced the libraries while the old module stays loaded; in a container, the image brings driver libraries of its own.

## How envsetup knows

NVML's own error, or the module's version beside the library's.

## How to fix

- reboot (reboot)
- or stop what uses the GPU, unload and load the modules (root)
- in a container: remove driver libraries from the image (safe)

## When to ignore

Never: no new process can use the GPU.

## Links

- <https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceEnumvs.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fact, Fix, Machine, NvidiaDriver, Unreadable, value_of
from envsetup.rules import Draft, Symptom, Undecidable, fact_evidence, rule

SILENT = "did not answer"

FIXES = (
    Fix(text="Reboot, so that the module of the installed driver is loaded", safety="reboot"),
    Fix(
        text="Or, with nothing using the GPU, unload and load the modules",
        argv=("sudo", "rmmod", "nvidia_uvm", "nvidia_drm", "nvidia_modeset", "nvidia"),
        safety="root",
    ),
)


def _silent(nvml: Fact[str]) -> bool:
    """Whether the library was not asked or gave no answer, which is none of its errors."""
    return isinstance(nvml, Unreadable) and (nvml.source.kind != "nvml" or SILENT in nvml.error)


@rule(
    code="DR103",
    slug="driver-library-mismatch",
    title="Kernel module and user-space driver versions differ",
    severity="error",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"Driver/library version mismatch"),
        Symptom(pattern=r"nvml: driver/library mismatch"),
        Symptom(pattern=r"\bNVML_ERROR_LIB_RM_VERSION_MISMATCH\b"),
        Symptom(pattern=r"API mismatch: the (?:client|NVIDIA kernel module)"),
        Symptom(pattern=r"NVML/RM version mismatch|NVMLError_LibRmVersionMismatch"),
        Symptom(
            pattern=r"initialize NVML: Function Not Found|nvmlInit_v2_\(\)\W{0,3}INTERNAL ASSERT",
            confidence="medium",
        ),
        Symptom(pattern=r"NVMLError_FunctionNotFound", confidence="low"),
    ),
    suppresses=(
        "DR107",
        "WH103",
        "CU112",
        "DR101",
        "CU107",
        "DR108",
        "DR113",
        "CT104",
    ),
    ask="`cat /proc/driver/nvidia/version` and `nvidia-smi`: do both name the same version?",
    fixes=FIXES,
)
def judge(nvidia_driver: NvidiaDriver, machine: Machine) -> Iterator[Draft]:
    told = [
        f.error for f in (nvidia_driver.nvml, nvidia_driver.nvidia_smi) if isinstance(f, Unreadable)
    ]
    loud = next((t for t in told if "mismatch" in t.lower()), None)
    if loud is None and _silent(nvidia_driver.nvml):
        raise Undecidable("the driver's library did not tell", "nvidia_driver.nvml")
    if loud is None:
        return
    module = value_of(nvidia_driver.version)
    library = value_of(nvidia_driver.library_version)
    both = (
        f" (module {module}, libraries {library})"
        if module and library
        else f" (module {module})"
        if module
        else ""
    )
    yield Draft(
        message=f"The driver's module and its libraries differ{both}: {loud.rstrip('.')}.",
        evidence=(fact_evidence(machine, "nvidia_driver", loud),),
        fixes=FIXES,
    )
