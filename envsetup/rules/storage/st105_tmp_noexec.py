"""## What it means

Programs built in TMPDIR can't be run.

## How it looks

```text
failed to map segment from shared object
```

## Why it happens

Hardened systems mount /tmp so.

## How envsetup knows

Mount options of the temporary folder.

## How to fix

- `export TMPDIR=$HOME/tmp` for builds (safe)

## When to ignore

Where nothing is built.

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

FIXES = (Fix(text="`export TMPDIR=$HOME/tmp` for builds"),)


@rule(
    code="ST105",
    slug="tmp-noexec",
    title="The temporary folder is mounted noexec",
    severity="warning",
    unseen=PLACES,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"/tmp/\S{0,200}.{0,40}failed to map segment", confidence="medium"),
        Symptom(
            pattern=r"Permission denied.{0,10}/tmp/pip-|/tmp/pip-\S{1,160} Permission denied",
            confidence="medium",
        ),
    ),
    fixes=FIXES,
)
def judge(
    storage: tuple[Filesystem, ...], torch: TorchInstall, machine: Machine
) -> Iterator[Draft]:
    for place, seen in noexec_places(storage, "tmp", machine):
        yield Draft(
            message=f"{place.path} is mounted noexec: what torch.compile builds there can't run.",
            subject=place.path,
            evidence=(seen,),
            fixes=FIXES,
        )
