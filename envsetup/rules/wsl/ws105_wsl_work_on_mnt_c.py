"""## What it means

Every file access under /mnt/c goes over a network protocol to Windows: imports take many times
longer.

## How it looks

Nothing is printed.

## Why it happens

A project folder on the Windows side is where many start.

## How envsetup knows

The file system that holds the environment is 9p or drvfs.

## How to fix

- Make the environment and keep the project under ~ (ext4) (safe)

## When to ignore

Where only results are written there.

## Links

- <https://learn.microsoft.com/windows/wsl/filesystems>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Filesystem,
    Fix,
    Machine,
    Wsl,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PLACES

FIXES = (Fix(text="Make the environment and keep the project under ~ (ext4)"),)

FOREIGN = ("9p", "drvfs", "v9fs")


@rule(
    code="WS105",
    slug="wsl-work-on-mnt-c",
    title="The environment lies on a Windows drive",
    severity="warning",
    unseen=PLACES,
    platforms=("linux",),
    symptoms=(
        Symptom(
            pattern=r"(?:Input/output error|Operation not permitted).{0,20}/mnt/[a-z]/",
            confidence="medium",
        ),
    ),
    fixes=FIXES,
)
def judge(wsl: Wsl, storage: tuple[Filesystem, ...], machine: Machine) -> Iterator[Draft]:
    for place in storage:
        if place.role == "environment" and place.kind in FOREIGN:
            yield Draft(
                message=f"The environment lies on a Windows drive ({place.path}, {place.kind}):"
                " every import is slow.",
                evidence=(fact_evidence(machine, "storage", f"{place.path}: {place.kind}"),),
                fixes=FIXES,
            )
