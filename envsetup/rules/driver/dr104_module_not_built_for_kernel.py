"""## What it means

The driver is installed, and there is no NVIDIA module for the kernel that runs.

## How it looks

```text
modprobe: FATAL: Module nvidia not found in directory /lib/modules/6.8.0-45-generic
Error! Bad return status for module build on kernel: 6.8.0-45-generic (x86_64)
Error! Your kernel headers for kernel 6.8.0-45-generic cannot be found
```

## Why it happens

The kernel was upgraded, and DKMS could not build the module: headers or a compiler are missing, or the driver is too old for the kernel.

## How envsetup knows

A GPU of NVIDIA's on the bus that no module drives, the driver's programs or libraries on the disk, and in
`/lib/modules/*/modules.dep` no module of NVIDIA's for the kernel that runs. Not in containers, nor under WSL.

## How to fix

- Install the headers of the running kernel (linux-headers-$(uname -r), kernel-devel-$(uname -r)), then `sudo dkms autoinstall` and `sudo modprobe nvidia` (root)
- Where the build itself fails: start the earlier kernel, or install a newer driver (reboot)

## When to ignore

In a container: the module belongs to the host.

## Links

- <https://github.com/GoogleCloudPlatform/compute-gpu-installation/pull/18>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Evidence, Fix, Gpu, Known, Machine, NvidiaDriver
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (
    Fix(
        text="Install the headers of the running kernel (linux-headers-$(uname -r), kernel-devel-$(uname -r)), then `sudo dkms autoinstall` and `sudo modprobe nvidia`",
        safety="root",
    ),
    Fix(
        text="Where the build itself fails: start the earlier kernel, or install a newer driver",
        safety="reboot",
    ),
)


@rule(
    code="DR104",
    slug="module-not-built-for-kernel",
    title="Driver not built for the running kernel",
    severity="error",
    unseen=PART,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"Module nvidia\S{0,8} not found"),
        Symptom(pattern=r"Bad return status for module build on kernel"),
        Symptom(pattern=r"Your kernel headers for kernel \S{1,80} cannot be found"),
        Symptom(
            pattern=r"(?:couldn't|could not|cannot) communicate with the NVIDIA driver",
            confidence="medium",
        ),
        Symptom(pattern=r"Unable to find the kernel source tree for the currently running kernel"),
        Symptom(pattern=r"Unable to load the kernel module 'nvidia\.ko'", confidence="medium"),
        Symptom(
            pattern=r"initialize NVML: Driver[ _]Not[ _]Loaded|NVMLError_DriverNotLoaded|NVML_ERROR_DRIVER_NOT_LOADED",
            confidence="medium",
        ),
        Symptom(pattern=r"/dkms/nvidia\S{0,160}\] Error \d"),
        Symptom(
            pattern=r"could not insert '?nvidia\w{0,12}'?: (?:Exec format error|Invalid argument|Unknown symbol)",
            confidence="medium",
        ),
        Symptom(pattern=r"\bnvidia\w{0,12}: version magic"),
        Symptom(
            pattern=r"\bNV_\w{1,30}=.{0,600}bad exit status: \d|ERROR \(dkms apport\): kernel package"
        ),
        Symptom(pattern=r"kernel module missing", confidence="medium"),
        Symptom(pattern=r"NVIDIA driver is not loaded", confidence="medium"),
        Symptom(pattern=r"nvidia-persistenced failed to initialize", confidence="medium"),
        Symptom(pattern=r"(?:error processing package|installed) nvidia-\S{0,30}dkms"),
        Symptom(pattern=r"Direct firmware load for nvidia/", confidence="medium"),
    ),
    suppresses=("DR101",),
    ask="`dkms status`; `ls /lib/modules/$(uname -r) | grep -i build`: is there a module for this kernel?",
    fixes=FIXES,
)
def judge(
    gpus: tuple[Gpu, ...], nvidia_driver: NvidiaDriver, kernel: str, machine: Machine
) -> Iterator[Draft]:
    idle = [g for g in gpus if g.vendor == "nvidia" and g.kernel_driver is None]
    elsewhere = isinstance(machine.container, Known) or isinstance(machine.wsl, Known)
    built_for = nvidia_driver.built_for
    if not idle or elsewhere or not isinstance(built_for, Known) or kernel in built_for.value:
        return
    others = ", ".join(built_for.value)
    yield Draft(
        message=f"The driver is installed, but has no module for the running kernel {kernel}"
        + (f", only for {others}." if others else ", nor for any other."),
        evidence=(
            fact_evidence(machine, "kernel", kernel),
            Evidence(
                fact="nvidia_driver.built_for", value=others or "none", source=built_for.source
            ),
        ),
        fixes=FIXES,
    )
