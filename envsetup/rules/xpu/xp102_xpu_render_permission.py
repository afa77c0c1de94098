"""## What it means

The GPU is there, but this user may not open /dev/dri/renderD*.

## How it looks

```text
torch.xpu.device_count() 0
```

## Why it happens

It belongs to the group render.

## How envsetup knows

An attempt to open it is refused, with an XPU build.

## How to fix

- `sudo usermod -aG render $USER`, then log in again (root)
- Docker: `--device /dev/dri --group-add <gid of render>` (safe)

## When to ignore

As root.

## Links

- <https://dgpu-docs.intel.com/>
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
    Fix(text="`sudo usermod -aG render $USER`, then log in again", safety="root"),
    Fix(text="Docker: `--device /dev/dri --group-add <gid of render>`"),
)


@rule(
    code="XP102",
    slug="xpu-render-permission",
    title="No right to open the Intel GPU's render node",
    severity="error",
    platforms=("linux",),
    symptoms=(Symptom(pattern=r"/dev/dri/renderD\d+.{0,60}Permission denied"),),
    suppresses=("XP101",),
    fixes=FIXES,
)
def judge(device_access: dict[str, bool], torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    if torch.build == "xpu":
        yield from refused(
            device_access, "/dev/dri/renderD", machine, FIXES, ", so torch sees no Intel GPU"
        )
