"""## What it means

The download, the temporary copy or the environment doesn't fit.

## How it looks

```text
ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device
```

## Why it happens

The default build takes 5 GB installed and some 3 GB to download; pip unpacks in TMPDIR.

## How envsetup knows

Free space where the environment is, below 6 GiB, while torch isn't installed; and a folder for temporary files with less than 16 MiB: there compilers, pip and data loaders fail, each in its own words.

## How to fix

- `export TMPDIR=<folder on a larger disk>` (safe)
- The CPU build where no GPU is meant (safe)
- `pip cache purge`, `uv cache prune` (deletes)

## When to ignore

The space for the environment: where torch is already installed.

## Links

- <https://github.com/pypa/pip/issues/5816>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Absent,
    Filesystem,
    Fix,
    Machine,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PASSING

FIXES = (
    Fix(text="`export TMPDIR=<folder on a larger disk>`"),
    Fix(text="Take the CPU build where no GPU is meant"),
    Fix(text="`pip cache purge`, `uv cache prune`", safety="deletes"),
)

NEEDED_BYTES = 6 * 2**30
"""5.2 GB installed, measured on the default Linux build of torch 2.15, and some room."""

TEMPORARY_BYTES = 16 * 2**20
"""A compiler's objects and the queue of a data loader take some MiB."""


@rule(
    code="ST101",
    slug="disk-space-low-install",
    title="Too little space on the disk",
    severity="error",
    unseen=PASSING,
    symptoms=(
        Symptom(pattern="Could not install packages.{0,80}(?:Errno 28|No space left)"),
        Symptom(pattern=r"\[Errno 28\]", confidence="medium"),
        Symptom(pattern="No space left on device", confidence="medium"),
        Symptom(pattern="Disk quota exceeded"),
        Symptom(pattern=r"inline_container\.cc.{0,40}unexpected pos", confidence="medium"),
        Symptom(pattern="PytorchStreamWriter failed writing file", confidence="medium"),
        Symptom(pattern=r"is over \d\d% full", confidence="medium"),
        Symptom(
            pattern=r"No space left on device.{0,160}(?:\bpip\b|site-packages|\bconda\b|\buv\b)"
        ),
        Symptom(pattern=r"\bdisk (?:is )?full\b|\bout of (?:disk )?space\b", confidence="medium"),
    ),
    excludes=("/dev/shm", "shared memory"),
    ask="`df -h` and `df -i` for the environment, the cache and TMPDIR: which is full?",
    fixes=FIXES,
)
def judge(storage: tuple[Filesystem, ...], machine: Machine) -> Iterator[Draft]:
    for place in storage:
        free = place.free_bytes
        if free is None:
            continue
        if place.role == "tmp" and free < TEMPORARY_BYTES and place.writable is not False:
            yield Draft(
                message=f"{free // 2**10} KiB are free for temporary files in {place.path}: what is "
                "written there is lost.",
                subject=place.path,
                evidence=(fact_evidence(machine, "storage", f"{place.path}: {free} bytes free"),),
                fixes=FIXES,
                severity="warning",
            )
        installed = not isinstance(machine.torch, Absent)
        if place.role == "environment" and free < NEEDED_BYTES and not installed:
            yield Draft(
                message=f"{free / 2**30:.1f} GiB are free for the environment; torch with CUDA takes"
                " 5 GiB.",
                subject=place.path,
                evidence=(fact_evidence(machine, "storage", f"{place.path}: {free} bytes free"),),
                fixes=FIXES,
                severity="warning",
            )
