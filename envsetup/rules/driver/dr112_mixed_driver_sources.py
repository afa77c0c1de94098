"""## What it means

The driver was installed by NVIDIA's .run file and by packages; each overwrites the other's files.

## How it looks

```text
An alternate method of installing the NVIDIA driver was detected.
The NVIDIA driver appears to have been installed previously using a different installer.
```

## Why it happens

The .run file writes beside the package manager, whose next upgrade brings back other libraries, and with them a version mismatch.

## How envsetup knows

Two versions of `libcuda.so` in one folder of the loader's. A 32-bit and a compatibility package lie in folders of their
own and don't count.

## How to fix

- Remove the .run installation: `sudo nvidia-uninstall` (root)
- Remove the packages as well, then install from one source alone, and reboot (reboot)

## When to ignore

For a 32-bit and a 64-bit package of the same version.

## Links

- <https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Evidence, Fix, Known, Machine, NvidiaDriver, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import BUILDS

FIXES = (
    Fix(text="Remove the .run installation: `sudo nvidia-uninstall`", safety="root"),
    Fix(
        text="Remove the packages as well, then install from one source alone, and reboot",
        safety="reboot",
    ),
)


@rule(
    code="DR112",
    slug="mixed-driver-sources",
    title="Driver installed twice (.run installer plus distro packages)",
    severity="warning",
    unseen=BUILDS,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"alternate method of installing the NVIDIA driver was detected"),
        Symptom(pattern=r"installed previously using a different installer"),
        Symptom(
            pattern=r"\bnvidia-[\w.-]{1,40} : (?:Depends|Conflicts|Breaks):? ", confidence="medium"
        ),
        Symptom(pattern=r"appears to already be loaded in your kernel", confidence="medium"),
    ),
    ask="`which nvidia-uninstall` and the package manager's list: does the driver stand in both?",
    fixes=FIXES,
)
def judge(nvidia_driver: NvidiaDriver, machine: Machine) -> Iterator[Draft]:
    libraries = nvidia_driver.libraries
    if not isinstance(libraries, Known) or isinstance(machine.wsl, Known):
        return
    both = " and ".join(libraries.value)
    yield Draft(
        message=f"The driver's libraries are there in more than one version: {both}.",
        evidence=(
            Evidence(fact="nvidia_driver.libraries", value=both, source=libraries.source),
            fact_evidence(machine, "nvidia_driver", str(value_of(nvidia_driver.version))),
        ),
        fixes=FIXES,
    )
