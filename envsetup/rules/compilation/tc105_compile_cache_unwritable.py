"""## What it means

Inductor, Triton or the extension builder can't write their cache.

## How it looks

```text
PermissionError: [Errno 13] Permission denied: '/tmp/torchinductor_root/…'
OSError: [Errno 30] Read-only file system
```

## Why it happens

Another user made the folder, or the system is read-only.

## How envsetup knows

Triton is installed, and its cache (TRITON_CACHE_DIR, ~/.triton), or one named by TORCHINDUCTOR_CACHE_DIR or
TORCH_EXTENSIONS_DIR, or the folder in which it would be made, can't be written.

## How to fix

- `export TORCHINDUCTOR_CACHE_DIR=$HOME/.cache/inductor TRITON_CACHE_DIR=$HOME/.triton/cache`
  (safe)
- Remove the other user's folder (deletes)

## When to ignore

Where nothing is compiled.

## Links

- <https://github.com/pytorch/pytorch/issues/34238>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Filesystem, Fix, Machine, Package
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PLACES

FIXES = (
    Fix(
        text=(
            "`export TORCHINDUCTOR_CACHE_DIR=$HOME/.cache/inductor "
            "TRITON_CACHE_DIR=$HOME/.triton/cache`"
        )
    ),
    Fix(text="Remove the other user's folder", safety="deletes"),
)


@rule(
    code="TC105",
    slug="compile-cache-unwritable",
    title="The compile cache can't be written",
    severity="error",
    unseen=PLACES,
    symptoms=(
        Symptom(
            pattern=r"Permission denied.{0,60}(?:\.triton|(?<!packages)/triton|torch_extensions|inductor)"
        ),
        Symptom(
            pattern=r"inductor.{0,160}No space left|\.triton.{0,160}No space left|torch_extensions.{0,160}No space left"
        ),
        Symptom(pattern="Read-only file system", confidence="medium"),
        Symptom(pattern="MIOpen.{0,200}readonly database", confidence="medium"),
    ),
    suppresses=("ST102",),
    fixes=FIXES,
)
def judge(
    storage: tuple[Filesystem, ...], packages: tuple[Package, ...], machine: Machine
) -> Iterator[Draft]:
    if not any("triton" in p.name for p in packages):
        return
    for place in storage:
        if place.role == "compile-cache" and place.writable is False:
            yield Draft(
                message=f"What torch.compile makes can't be kept: {place.path} can't be written.",
                subject=place.path,
                evidence=(fact_evidence(machine, "storage", f"{place.path} not writable"),),
                fixes=FIXES,
                severity="warning",
            )
