"""## What it means

There is an NVIDIA GPU on the bus and no driver that speaks for it.

## How it looks

```text
Found no NVIDIA driver on your system.
NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.
```

## Why it happens

The driver was never installed, or its module isn't loaded.

## How envsetup knows

A display device of NVIDIA's in `/sys/bus/pci/devices`, with neither `/sys/module/nvidia/version` nor an answer by NVML.
Whether a module for the running kernel lies on the disk is read from `/lib/modules/*/modules.dep`.

## How to fix

- Debian, Ubuntu: install the distribution's driver package, then reboot (root, reboot)
- Windows: install the driver from NVIDIA (root, reboot)
- `envsetup install-plan` says which driver this GPU needs and which build to take after it (safe)

## When to ignore

Where the GPU is passed through to a virtual machine, or not meant for computing.

## Links

- <https://www.nvidia.com/drivers>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Absent, Fix, Gpu, Known, Machine, NvidiaDriver, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text="Install the NVIDIA driver that this names, and reboot",
        argv=("envsetup", "install-plan"),
        safety="reboot",
    ),
)

LOAD = Fix(
    text="Load the module, and read why where it refuses",
    argv=("sudo", "modprobe", "nvidia"),
    safety="root",
)


@rule(
    code="DR101",
    slug="no-nvidia-driver",
    title="NVIDIA GPU on the bus but no driver",
    severity="error",
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern=r"Found no NVIDIA driver"),
        Symptom(
            pattern=r"(?:couldn't|could not|cannot) communicate with the NVIDIA driver",
            confidence="low",
        ),
        Symptom(
            pattern=r"nvidia-smi['\"]?:? (?:command not found|not found|is not recognized|No such file)"
            r"|command not found: nvidia-smi",
            confidence="medium",
        ),
        Symptom(
            pattern=r"lib(?:cuda|nvidia-ml)\.so[.\d]{0,4}'?: cannot open shared object file",
            confidence="medium",
        ),
        Symptom(
            pattern=r"(?:find|open CUDA library) lib(?:cuda|nvidia-ml)\.so", confidence="medium"
        ),
        Symptom(
            pattern=r"NVML Shared Library Not Found|NVMLError_LibraryNotFound", confidence="medium"
        ),
        Symptom(pattern=r"Torch is not able to use GPU", confidence="low"),
        Symptom(pattern=r"cuda\.is_available\(\).{0,20}\bFalse\b", confidence="low"),
        Symptom(pattern=r"could not load NVML library", confidence="medium"),
        Symptom(
            pattern=r"No (?:supported )?GPU (?:backend )?(?:was )?found|requires a GPU\b|GPU is (?:needed|required)|can access a CUDA device|CUDAAccelerator.{0,80}not available",
            confidence="low",
        ),
    ),
    excludes=(r"microsoft-standard-WSL", r"/usr/lib/wsl\b", r"\bWSL ?[12]\b"),
    suppresses=(
        "WH101",
        "WH103",
        "DR107",
        "CU112",
        "DR108",
    ),
    ask="`lspci | grep -i nvidia` and `cat /proc/driver/nvidia/version`: is a GPU there, is a driver loaded?",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    mine = [g for g in gpus if g.vendor == "nvidia" and g.kernel_driver in (None, "")]
    if (
        not mine
        or isinstance(machine.wsl, Known)
        or isinstance(machine.container, Known)
        or not _no_driver(machine)
    ):
        return
    names = ", ".join(g.name or g.pci_id or "an NVIDIA GPU" for g in mine)
    there = _has_its_module(machine)
    yield Draft(
        message=f"No NVIDIA driver is loaded for {names}"
        + (", though one for this kernel lies on the disk." if there else "."),
        evidence=(fact_evidence(machine, "gpus", names),),
        fixes=(LOAD, *FIXES) if there else FIXES,
    )


def _has_its_module(machine: Machine) -> bool:
    """Whether depmod lists a module of NVIDIA's for the running kernel."""
    driver = value_of(machine.nvidia_driver)
    return driver is not None and value_of(machine.kernel) in (value_of(driver.built_for) or ())


def _no_driver(machine: Machine) -> bool:
    """Neither a module nor NVML: what could not be read is no proof of absence."""
    driver = machine.nvidia_driver
    if isinstance(driver, Absent):
        return True
    if not isinstance(driver, Known):
        return False
    told: NvidiaDriver = driver.value
    return isinstance(told.version, Absent) and not isinstance(told.library_version, Known)
