"""## What it means

ROCm needs /dev/kfd and the render node, and this user may not open them.

## How it looks

```text
Unable to open /dev/kfd read-write: Permission denied
```

## Why it happens

They belong to the groups render and video; in a container the host's numeric group counts.

## How envsetup knows

An attempt to open them is refused, with a ROCm build.

## How to fix

- `sudo usermod -aG render,video $USER`, then log in again (root)
- Docker: `--device /dev/kfd --device /dev/dri --group-add <gid of render>` (safe)

## When to ignore

As root.

## Links

- <https://rocm.docs.amd.com/projects/install-on-linux/en/latest/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    TorchInstall,
)
from envsetup.rules import Draft, Symptom, rule
from envsetup.rules.shared.device_nodes import refused

FIXES = (
    Fix(text="`sudo usermod -aG render,video $USER`, then log in again", safety="root"),
    Fix(text="Docker: `--device /dev/kfd --device /dev/dri --group-add <gid of render>`"),
)


@rule(
    code="RO102",
    slug="rocm-kfd-permission",
    title="No right to open /dev/kfd",
    severity="error",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"/dev/kfd\b.{0,60}Permission denied"),
        Symptom(pattern="/dev/kfd read-write"),
        Symptom(pattern="HSA_STATUS_ERROR_OUT_OF_RESOURCES", confidence="medium"),
        Symptom(pattern="rocminfo.{0,40}Call returned 4104", confidence="medium"),
    ),
    suppresses=("RO105",),
    fixes=FIXES,
)
def judge(device_access: dict[str, bool], torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    if (torch.build or "").startswith("rocm"):
        yield from refused(device_access, "/dev/kfd", machine, FIXES, ", so ROCm sees no GPU")
