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
from envsetup.rules import Draft, Symptom, rule
from envsetup.rules.shared.noexec_mounts import noexec_places
from envsetup.rules.undecidable import PLACES

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
    unseen=PLACES,
    platforms=("linux",),
    symptoms=(
        Symptom(
            pattern=r"(?:triton|inductor|torch_extensions|cuda_utils|__pycache__|\.cache)\S{0,200}: failed to map segment"
        ),
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
    for place, seen in noexec_places(storage, "compile-cache", machine):
        yield Draft(
            message=f"The cache folder {place.path} is mounted noexec: compiled code can't run.",
            subject=place.path,
            evidence=(seen,),
            fixes=FIXES,
            severity="warning",
        )
