"""## What it means

Processes of several nodes share a cache whose file system lacks the needed locking.

## How it looks

```text
OSError: [Errno 16] Device or resource busy: …/.triton/cache/…
OSError: [Errno 116] Stale file handle
```

## Why it happens

The home folder is on NFS.

## How envsetup knows

The file system of the cache.

## How to fix

- `export TRITON_CACHE_DIR=/local/$USER/triton TORCHINDUCTOR_CACHE_DIR=/local/$USER/inductor` on
  each node (safe)

## When to ignore

With one process on one node.

## Links

- <https://github.com/pytorch/pytorch/issues/173679>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Filesystem,
    Fix,
    Machine,
    TorchInstall,
    value_of,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PLACES

FIXES = (
    Fix(
        text=(
            "`export TRITON_CACHE_DIR=/local/$USER/triton "
            "TORCHINDUCTOR_CACHE_DIR=/local/$USER/inductor` on each node"
        )
    ),
)

NETWORK = ("nfs", "nfs4", "lustre", "gpfs", "beegfs", "cifs", "smb3")


@rule(
    code="TC106",
    slug="compile-cache-on-nfs",
    title="The compile cache is on a network file system",
    severity="warning",
    unseen=PLACES,
    platforms=("linux",),
    symptoms=(
        Symptom(
            pattern=r"(?:triton|inductor|torch_extensions).{0,200}Stale file handle|Stale file handle.{0,200}(?:triton|inductor|torch_extensions)"
        ),
        Symptom(pattern="Stale file handle", confidence="low"),
        Symptom(pattern=r"Device or resource busy.{0,80}(?:\.nfs|triton|inductor)"),
        Symptom(pattern=r"\.triton/cache/\S{1,200}[./]tmp\.pid", confidence="medium"),
        Symptom(pattern=r"Directory not empty.{0,60}\.triton/cache", confidence="medium"),
    ),
    fixes=FIXES,
)
def judge(
    storage: tuple[Filesystem, ...],
    torch: TorchInstall,
    machine: Machine,
) -> Iterator[Draft]:
    variables = value_of(machine.environment) or {}
    if {"TRITON_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR"} & set(variables):
        return
    for place in storage:
        if place.role == "compile-cache" and place.kind in NETWORK:
            yield Draft(
                message=f"The cache folder {place.path} is on {place.kind}.",
                subject=place.path,
                evidence=(fact_evidence(machine, "storage", f"{place.path}: {place.kind}"),),
                fixes=FIXES,
                severity="note",
            )
