"""## What it means

Workers pass tensors as open files and reach the limit.

## How it looks

```text
RuntimeError: Too many open files. Communication with the workers is no longer possible.
RuntimeError: received 0 items of ancdata
```

## Why it happens

The soft limit is 1024, or 256 on macOS.

## How envsetup knows

The limit on open files is below 512.

## How to fix

- `ulimit -n 65535` (safe)
- Or torch.multiprocessing.set_sharing_strategy("file_system") (safe)

## When to ignore

Where the program raises it itself.

## Links

- <https://github.com/pytorch/pytorch/issues/11201>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    TorchInstall,
    value_of,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import SETTINGS

FIXES = (
    Fix(text="`ulimit -n 65535`"),
    Fix(text='Or torch.multiprocessing.set_sharing_strategy("file_system")'),
)

FEW = 512
"""1024 is the default of most systems and usually does; below this a few workers fill it."""


@rule(
    code="DL102",
    slug="nofile-limit-low",
    title="The limit on open files is low",
    severity="warning",
    unseen=SETTINGS,
    platforms=("linux", "macos"),
    symptoms=(
        Symptom(pattern="Too many open files"),
        Symptom(pattern="received 0 items of ancdata"),
    ),
    fixes=FIXES,
)
def judge(limits: dict[str, int], torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    files = limits.get("nofile", -1)
    if 0 <= files < FEW:
        yield Draft(
            message=f"A process may open {files} files: few for data loader workers.",
            evidence=(fact_evidence(machine, "limits", f"nofile {files}"),),
            fixes=FIXES,
            severity=None if value_of(machine.os) == "linux" else "note",
        )
