"""## What it means

Compiled code is written where the system refuses to run it.

## How it looks

```text
OSError: …/cuda_utils.so: failed to map segment from shared object
```

## Why it happens

/tmp or the home folder is mounted noexec.

## How envsetup knows

Mount options of the cache's file system.

## How to fix

- `export TMPDIR=$HOME/tmp TORCHINDUCTOR_CACHE_DIR=$HOME/.cache/inductor
  TRITON_CACHE_DIR=$HOME/.triton/cache` (safe)
- Docker: `--tmpfs /tmp:exec` (safe)

## When to ignore

Where nothing is compiled.

## Links

- <https://github.com/pytorch/pytorch/issues/91005>
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

FIXES = (
    Fix(
        text=(
            "`export TMPDIR=$HOME/tmp TORCHINDUCTOR_CACHE_DIR=$HOME/.cache/inductor "
            "TRITON_CACHE_DIR=$HOME/.triton/cache`"
        )
    ),
    Fix(text="Docker: `--tmpfs /tmp:exec`"),
)


@rule(
    code="TC104",
    slug="compile-cache-noexec",
    title="The compile cache lies on a noexec mount",
    severity="error",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="failed to map segment from shared object"),
        Symptom(pattern="mounted with noexec"),
    ),
    suppresses=("ST105",),
    fixes=FIXES,
)
def judge(
    storage: tuple[Filesystem, ...],
    torch: TorchInstall,
    machine: Machine,
) -> Iterator[Draft]:
    for place in storage:
        if place.role == "compile-cache" and "noexec" in place.options:
            yield Draft(
                message=f"The cache folder {place.path} is mounted noexec: compiled code can't run.",
                subject=place.path,
                evidence=(fact_evidence(machine, "storage", f"{place.path}: noexec"),),
                fixes=FIXES,
                severity="warning",
            )
