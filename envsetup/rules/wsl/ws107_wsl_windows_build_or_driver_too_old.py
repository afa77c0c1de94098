"""## What it means

CUDA in WSL needs Windows 10 21H2 or Windows 11, a current WSL kernel, and a driver from 471.41
on; Linux can't mend it.

## How it looks

```text
Found no NVIDIA driver on your system.
no /usr/lib/wsl/lib/libcuda.so.1
```

## Why it happens

The GPU reaches WSL through Windows' driver.

## How envsetup knows

Under WSL 2 the Windows driver's version is below 471.41.

## How to fix

- In Windows: `wsl --update`, then `wsl --shutdown` (safe)
- Update the NVIDIA driver in Windows (root)
- Update Windows to 21H2 or later (reboot)

## When to ignore

Without an NVIDIA GPU.

## Links

- <https://github.com/microsoft/WSL/issues/5598>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Evidence,
    Fix,
    Known,
    Machine,
    NvidiaDriver,
    Wsl,
)
from envsetup.rules import Draft, Symptom, rule

FIXES = (
    Fix(text="In Windows: `wsl --update`, then `wsl --shutdown`"),
    Fix(text="Update the NVIDIA driver in Windows", safety="root"),
    Fix(text="Update Windows to 21H2 or later", safety="reboot"),
)

FLOOR = (471, 41)
"""First Windows driver with CUDA for WSL as a release (NVIDIA's WSL guide)."""


@rule(
    code="WS107",
    slug="wsl-windows-build-or-driver-too-old",
    title="The Windows side is too old for CUDA in WSL",
    severity="error",
    unseen="the build of Windows isn't read",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"wsl2?\b.{0,200}Found no NVIDIA driver"),
        Symptom(pattern=r"Found no NVIDIA driver.{0,200}\bwsl"),
        Symptom(pattern="segmentation fault.{0,40}nvidia-smi", confidence="low"),
        Symptom(
            pattern="(?:nvidia-container-cli.{0,60})?WSL environment detected but no adapters were found"
        ),
        Symptom(pattern="requires an update to its kernel component|0x800701bc"),
        Symptom(pattern=r"initialize NVML: N/A", confidence="medium"),
    ),
    excludes=(r"\bWSL ?1\b",),
    suppresses=(
        "WS101",
        "DR101",
        "WH103",
    ),
    fixes=FIXES,
)
def judge(wsl: Wsl, nvidia_driver: NvidiaDriver, machine: Machine) -> Iterator[Draft]:
    if wsl.version != 2 or not isinstance(nvidia_driver.version, Known):
        return
    version = nvidia_driver.version.value
    parts = version.split(".")
    if len(parts) < 2 or not all(p.isdigit() for p in parts[:2]):
        return
    if (int(parts[0]), int(parts[1])) >= FLOOR:
        return
    yield Draft(
        message=f"Windows' NVIDIA driver {version} is below 471.41, the first with CUDA for WSL.",
        evidence=(
            Evidence(
                fact="nvidia_driver.version", value=version, source=nvidia_driver.version.source
            ),
        ),
        fixes=FIXES,
    )
