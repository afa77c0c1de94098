"""## What it means

A compiled file wants symbols of a newer glibc than this system has.

## How it looks

```text
ImportError: /lib64/libc.so.6: version `GLIBC_2.28' not found
```

## Why it happens

Wheels from torch 2.7 on need glibc 2.28; Alpine has musl, for which there are none.

## How envsetup knows

The C library that the system names, against the glibc that the wheels of the knowledge ask for: of the installed release, or, where none is installed, of every release for this Python. Where torch imports, or in a conda environment, it doesn't judge.

## How to fix

- Use a system or container image with glibc 2.28 or newer (safe)
- Or the last release that fits: `envsetup install-plan` (safe)

## When to ignore

Where a conda-forge build brought its own floor.

## Links

- <https://peps.python.org/pep-0600/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.knowledge import Knowledge, version_key
from envsetup.model import Absent, Fix, Known, Libc, Machine, Python, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.python.py101_python_version_has_no_wheel import tag_of
from envsetup.rules.undecidable import OTHERS

FIXES = (
    Fix(text="Use a system or container image with glibc 2.28 or newer"),
    Fix(text="Or the last release that fits: `envsetup install-plan`"),
)


@rule(
    code="PY103",
    slug="libc-unsupported",
    title="The C library is musl, or too old for the wheel",
    severity="error",
    unseen=OTHERS,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"version .GLIBC_2\.\d{1,3}. not found"),
        Symptom(pattern=r"ld-musl|libc\.musl", confidence="medium"),
        Symptom(pattern=r"libm\.so\.6: version .GLIBC"),
        Symptom(pattern=r"Error relocating \S{1,200}: \S{1,80}: symbol not found"),
        Symptom(
            pattern=r"\btorch\S{0,40} is unusable because no wheels are available with a matching platform",
            confidence="medium",
        ),
        Symptom(
            pattern=r"pytorch.{0,200}__glibc\[|feature:/linux-\d\d::__glibc", confidence="medium"
        ),
        Symptom(
            pattern=r"Error loading shared library ld-linux|Error loading shared library \S{1,60}: .{0,60}needed by \S{0,200}(?:torch|numpy)"
        ),
        Symptom(
            pattern=r"You're on Linux \(.?(?:manylinux_2_(?:\d|1\d|2[0-7])|musllinux_\d_\d)_\w{1,10}.?\), but"
        ),
    ),
    suppresses=("PY113", "PY114"),
    ask="`ldd --version | head -1`",
    fixes=FIXES,
)
def judge(
    libc: Libc, python: Python, arch: str, machine: Machine, knowledge: Knowledge
) -> Iterator[Draft]:
    torch = machine.torch
    if python.conda_prefix or isinstance(machine.torch_runtime, Known):
        return
    if isinstance(torch, Absent):
        floors = _floors(tag_of(python), f"linux_{arch}", knowledge)
        if not floors or libc.family == "glibc" and _serves(libc, min(floors, key=version_key)):
            return
        need = (
            f"every wheel of torch for {tag_of(python)} needs glibc {min(floors, key=version_key)}"
        )
    elif isinstance(torch, Known) and torch.value.official:
        floor = _floor_of(torch.value, f"linux_{arch}", knowledge)
        if floor is None or libc.family == "glibc" and _serves(libc, floor):
            return
        need = f"torch {torch.value.version} needs glibc {floor}"
    else:
        return
    yield Draft(
        message=f"The C library is {libc.family} {libc.version}; {need} or newer.",
        subject="libc",
        evidence=(fact_evidence(machine, "libc", f"{libc.family} {libc.version}"),),
        fixes=FIXES,
    )


def _serves(libc: Libc, floor: str) -> bool:
    """What can't be compared isn't held against the system."""
    have = version_key(libc.version)
    return not have or have >= version_key(floor)


def _floors(tag: str, place: str, knowledge: Knowledge) -> set[str]:
    """The glibc that wheels ask for, of the releases that have some for this Python."""
    platforms = [r.platforms[place] for r in knowledge.releases if place in r.platforms]
    mine = [one for one in platforms if tag in one.python]
    return {b.libc for one in mine for b in one.builds.values() if b.libc}


def _floor_of(torch: TorchInstall, place: str, knowledge: Knowledge) -> str | None:
    row = knowledge.build(torch.version.split("+")[0], torch.build or "", place)
    return None if row is None else row.libc
