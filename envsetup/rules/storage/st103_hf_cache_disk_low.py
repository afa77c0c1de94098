"""## What it means

Models won't fit on the disk of the cache.

## How it looks

```text
UserWarning: Not enough free disk space to download the file.
```

## Why it happens

Caches grow unseen.

## How envsetup knows

Free space of the cache's file system.

## How to fix

- HF_HOME on a larger disk (safe)
- `hf cache prune` (deletes)

## When to ignore

Offline.

## Links

- <https://huggingface.co/docs/huggingface_hub/guides/manage-cache>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Filesystem,
    Fix,
    Machine,
    Package,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PASSING

FIXES = (
    Fix(text="Set HF_HOME to a folder on a larger disk"),
    Fix(text="`hf cache prune`", safety="deletes"),
)

LITTLE_BYTES = 2 * 2**30


@rule(
    code="ST103",
    slug="hf-cache-disk-low",
    title="Little space for models",
    severity="warning",
    unseen=PASSING,
    symptoms=(
        Symptom(pattern="Not enough free disk space to download"),
        Symptom(pattern="(?:huggingface|safetensors|hf_hub).{0,200}No space left"),
    ),
    suppresses=("ST101",),
    fixes=FIXES,
)
def judge(
    storage: tuple[Filesystem, ...], packages: tuple[Package, ...], machine: Machine
) -> Iterator[Draft]:
    if all(p.name != "huggingface-hub" for p in packages):
        return
    for place in storage:
        free = place.free_bytes
        if place.role == "model-cache" and free is not None and free < LITTLE_BYTES:
            yield Draft(
                message=f"{free / 2**30:.1f} GiB are free where caches live ({place.path}).",
                subject=place.path,
                evidence=(fact_evidence(machine, "storage", f"{free} bytes free"),),
                fixes=FIXES,
            )
