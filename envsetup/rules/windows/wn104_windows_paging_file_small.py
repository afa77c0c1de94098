"""## What it means

Windows must set aside memory for every DLL in each process, and can't.

## How it looks

```text
OSError: [WinError 1455] The paging file is too small for this operation to complete.
```

## Why it happens

Each data loader worker loads all CUDA DLLs anew, some 3 GiB of commit each.

## How envsetup knows

torch is a CUDA build, and what Windows may still set aside (GlobalMemoryStatusEx: free memory and
paging file) is less than two processes take: a note. Less than one takes: a warning.

## How to fix

- Fewer data loader workers (safe)
- Let Windows manage the paging file, or set at least 32 GB (reboot)

## When to ignore

Never.

## Links

- <https://github.com/ultralytics/yolov3/issues/1643>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, TorchInstall, Windows
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PASSING

FIXES = (
    Fix(text="Use fewer data loader workers"),
    Fix(text="Let Windows manage the paging file, or set at least 32 GB", safety="reboot"),
)

OF_ONE_PROCESS_BYTES = 3 << 30
"""What each process with the CUDA DLLs sets aside (the issue below Links)."""


@rule(
    code="WN104",
    slug="windows-paging-file-small",
    title="The paging file is too small for the CUDA DLLs",
    severity="error",
    unseen=PASSING,
    platforms=("windows",),
    symptoms=(
        Symptom(pattern=r"WinError 1455\]"),
        Symptom(pattern="paging file is too small"),
    ),
    fixes=FIXES,
)
def judge(windows: Windows, torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    left = windows.commit_available_bytes
    if torch.cuda is None or left is None or left >= 2 * OF_ONE_PROCESS_BYTES:
        return
    yield Draft(
        message=f"Windows can set aside {left / 2**30:.1f} GiB more; a process with the CUDA DLLs takes some "
        f"{OF_ONE_PROCESS_BYTES >> 30} GiB.",
        evidence=(fact_evidence(machine, "windows", f"{left} bytes of commit left"),),
        fixes=FIXES,
        severity="warning" if left < OF_ONE_PROCESS_BYTES else "note",
        confidence="medium",
    )
