"""## What it means

Packages of a Linux driver put their own libcuda before WSL's; it finds no kernel driver.

## How it looks

```text
CUDA_ERROR_NO_DEVICE
Failed to initialize NVML: GPU access blocked by the operating system
```

## Why it happens

Guides for real Linux install `nvidia-driver-*` or `cuda`, which pulls the driver in.

## How envsetup knows

torch can't use CUDA, and the libcuda that it has loaded lies outside /usr/lib/wsl.

## How to fix

- `sudo apt purge 'nvidia-driver-*' 'libnvidia-compute-*' cuda-drivers` (deletes)
- Of CUDA install only cuda-toolkit-*, from NVIDIA's WSL repository (root)
- In Windows: `wsl --shutdown` (safe)

## When to ignore

Where only cuda-toolkit packages are there.

## Links

- <https://github.com/microsoft/WSL/issues/9092>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, Wsl, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text="`sudo apt purge 'nvidia-driver-*' 'libnvidia-compute-*' cuda-drivers`",
        safety="deletes",
    ),
    Fix(text="Of CUDA install only cuda-toolkit-*, from NVIDIA's WSL repository", safety="root"),
    Fix(text="In Windows: `wsl --shutdown`"),
)


@rule(
    code="WS102",
    slug="wsl-linux-driver-installed",
    title="A Linux NVIDIA driver was installed inside WSL",
    severity="error",
    unseen="quick examinations don't load the library",
    platforms=("linux",),
    symptoms=(Symptom(pattern="GPU access blocked by the operating system"),),
    suppresses=("WS101", "DR101"),
    ask="In WSL: `dpkg -l | grep -E 'nvidia-driver|libnvidia-compute'`.",
    fixes=FIXES,
)
def judge(wsl: Wsl, machine: Machine) -> Iterator[Draft]:
    runtime = value_of(machine.torch_runtime)
    if runtime is None or runtime.cuda_available:
        return
    loaded = [one.path for one in runtime.loaded if "libcuda.so" in one.path]
    wrong = [p for p in loaded if not p.startswith(("/usr/lib/wsl/", "/mnt/"))]
    if wrong and len(wrong) == len(loaded):
        yield Draft(
            message=f"Inside WSL torch loads {wrong[0]}, which is of a Linux driver and not Windows' own.",
            subject="libcuda",
            evidence=(fact_evidence(machine, "torch_runtime", f"loaded: {wrong[0]}"),),
            fixes=FIXES,
        )
