"""## What it means

A ROCm build and an AMD GPU, but no /dev/kfd.

## How it looks

```text
ROCk module is NOT loaded
HIP initialization: Unexpected error from hipGetDeviceCount()
```

## Why it happens

amdgpu isn't loaded, `nomodeset` is set, or the container didn't get the device.

## How envsetup knows

An AMD GPU on the bus, a ROCm build, and /dev/kfd isn't among the devices.

## How to fix

- Container: `--device /dev/kfd --device /dev/dri` (safe)
- Ubuntu: `sudo apt install linux-modules-extra-$(uname -r)` (root)
- Or `amdgpu-install --usecase=dkms` (reboot)

## When to ignore

In WSL, which goes another way.

## Links

- <https://rocm.docs.amd.com/projects/install-on-linux/en/latest/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Evidence,
    Fix,
    Gpu,
    Known,
    Machine,
    TorchInstall,
)
from envsetup.rules import Draft, Symptom, rule
from envsetup.rules.undecidable import PART

FIXES = (
    Fix(text="Container: `--device /dev/kfd --device /dev/dri`"),
    Fix(text="Ubuntu: `sudo apt install linux-modules-extra-$(uname -r)`", safety="root"),
    Fix(text="Or `amdgpu-install --usecase=dkms`", safety="reboot"),
)


@rule(
    code="RO105",
    slug="rocm-driver-missing",
    title="AMD's kernel driver isn't there",
    severity="error",
    unseen=PART,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="ROCk module is NOT loaded"),
        Symptom(pattern=r"hipGetDeviceCount\(\)", confidence="medium"),
        Symptom(pattern="No HIP GPUs are available"),
        Symptom(pattern="hipErrorNoDevice"),
        Symptom(pattern="/dev/kfd.{0,40}No such file"),
        Symptom(pattern="amdgpu not found in modules"),
        Symptom(pattern=r"No CUDA GPUs are available.{0,200}\b(?:version\.hip|ROCm|gfx\d)"),
        Symptom(pattern="Tensile host: No devices found"),
        Symptom(pattern="HIP_ERROR_NoDevice"),
        Symptom(
            pattern=r"is_available\(\).{0,40}\bFalse\b.{0,120}\b(?:Radeon|gfx\d)|\b(?:Radeon|gfx\d).{0,120}is_available\(\).{0,40}\bFalse\b",
            confidence="medium",
        ),
        Symptom(pattern=r"\bhsa_init\b.{0,20}failed"),
        Symptom(pattern=r"ROCm: no agent was found|amdgpu: Fatal error during GPU init"),
    ),
    ask="`ls -l /dev/kfd` and `lsmod | grep amdgpu`.",
    fixes=FIXES,
)
def judge(
    gpus: tuple[Gpu, ...],
    torch: TorchInstall,
    device_access: dict[str, bool],
    machine: Machine,
) -> Iterator[Draft]:
    if isinstance(machine.wsl, Known) or not (torch.build or "").startswith("rocm"):
        return
    amd = [g for g in gpus if g.vendor == "amd"]
    if amd and "/dev/kfd" not in device_access and amd[0].source.kind != "text":
        yield Draft(
            message="There is an AMD GPU and a ROCm build, but no /dev/kfd.",
            evidence=(Evidence(fact="gpus", value=str(amd[0].name), source=amd[0].source),),
            fixes=FIXES,
        )
