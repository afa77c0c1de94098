"""## What it means

Files of ended processes still take shared memory.

## How it looks

```text
RuntimeError: unable to open shared memory object </torch_…> in read-write mode
```

## Why it happens

Killed processes don't clean up.

## How envsetup knows

/dev/shm is nearly full.

## How to fix

- List them: `ls -l /dev/shm`; remove torch_*, nccl-* and sem.* whose owners are gone (deletes)

## When to ignore

While the owners live.

## Links

- <https://github.com/pytorch/pytorch/issues/14768>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Filesystem,
    Fix,
    Machine,
    TorchInstall,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PASSING

FIXES = (
    Fix(
        text=(
            "List them: `ls -l /dev/shm`; remove torch_*, nccl-* and sem.* whose owners are gone"
        ),
        safety="deletes",
    ),
)


@rule(
    code="DL104",
    slug="leaked-shm-segments",
    title="Orphaned files fill /dev/shm",
    severity="warning",
    unseen=PASSING,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="unable to open shared memory object(?!.{0,80}Too many open files)"),
        Symptom(
            pattern=r"No such file or directory: '/dev/shm/torch_|could not unlink the shared memory file",
            confidence="medium",
        ),
        Symptom(pattern=r"leaked shared_memory objects", confidence="medium"),
    ),
    fixes=FIXES,
)
def judge(
    storage: tuple[Filesystem, ...], torch: TorchInstall, machine: Machine
) -> Iterator[Draft]:
    for place in storage:
        if place.role != "shm" or not place.total_bytes or place.free_bytes is None:
            continue
        if place.free_bytes < place.total_bytes / 10:
            yield Draft(
                message=f"{place.path} is nearly full: {place.free_bytes // 2**20} MiB are free.",
                subject=place.path,
                evidence=(fact_evidence(machine, "storage", f"{place.free_bytes} bytes free"),),
                fixes=FIXES,
            )
