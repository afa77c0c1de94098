"""## What it means

Importing torch reads thousands of files over the network.

## How it looks

```text
import torch takes tens of seconds
```

## Why it happens

The home folder is on NFS or Lustre.

## How envsetup knows

The file system that holds the environment.

## How to fix

- Put the environment on a local disk, or into an image (safe)

## When to ignore

Where imports are fast all the same.

## Links

- <https://github.com/pytorch/pytorch/issues/173679>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Filesystem,
    Fix,
    Machine,
    value_of,
)
from envsetup.rules import Draft, fact_evidence, rule

FIXES = (Fix(text="Put the environment on a local disk, or into an image"),)

NETWORK = ("nfs", "nfs4", "lustre", "gpfs", "beegfs", "cifs", "smb3", "fuse.sshfs")
SLOW_S = 5.0


@rule(
    code="ST104",
    slug="env-on-network-fs",
    title="The environment is on a network file system",
    severity="warning",
    platforms=("linux",),
    fixes=FIXES,
)
def judge(storage: tuple[Filesystem, ...], machine: Machine) -> Iterator[Draft]:
    runtime = value_of(machine.torch_runtime)
    slow = runtime is not None and (runtime.import_s or 0.0) > SLOW_S
    for place in storage:
        if place.role == "environment" and place.kind in NETWORK:
            yield Draft(
                message=f"The environment is on {place.kind}"
                + (" and importing torch is slow." if slow else "."),
                subject=place.path,
                evidence=(fact_evidence(machine, "storage", f"{place.path}: {place.kind}"),),
                fixes=FIXES,
                severity="warning" if slow else "note",
            )
