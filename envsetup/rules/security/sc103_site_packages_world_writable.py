"""## What it means

Any local user can change what you import.

## How it looks

Nothing is printed.

## Why it happens

A lax umask.

## How envsetup knows

Folders from which the interpreter under examination takes code (its prefix, its programs, `sys.path`) whose mode lets
everybody write, without the sticky bit. Not in containers, under WSL, or on file systems without such rights.

## How to fix

- `chmod -R go-w <folder>` (safe)

## When to ignore

In containers with one user.

## Links

- <https://github.com/pytorch/pytorch/issues/34238>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Filesystem, Fix, Known, Machine, Python
from envsetup.rules import Draft, fact_evidence, rule

FIXES = (Fix(text="`chmod -R go-w <folder>`"),)

WITHOUT_RIGHTS = {"9p", "drvfs", "vfat", "exfat", "ntfs", "ntfs3", "fuseblk", "cifs", "virtiofs"}
"""Where the mode is made up by the mount."""


@rule(
    code="SC103",
    slug="site-packages-world-writable",
    title="Others can write the environment",
    severity="warning",
    platforms=("linux", "macos"),
    fixes=FIXES,
)
def judge(python: Python, storage: tuple[Filesystem, ...], machine: Machine) -> Iterator[Draft]:
    kinds = {place.kind for place in storage if place.role == "environment"}
    alone = isinstance(machine.container, Known) or isinstance(machine.wsl, Known)
    if not python.open_folders or alone or kinds & WITHOUT_RIGHTS:
        return
    first = python.open_folders[0]
    more = len(python.open_folders) - 1
    yield Draft(
        message=f"Every user of this machine can write {first}"
        + (f" and {more} more folders" if more else "")
        + ", from which this Python takes code.",
        subject=first,
        evidence=(fact_evidence(machine, "python", ", ".join(python.open_folders)),),
        fixes=FIXES,
    )
