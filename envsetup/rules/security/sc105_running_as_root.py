"""## What it means

Packages of the system can be overwritten.

## How it looks

```text
WARNING: Running pip as the 'root' user can result in broken permissions
```

## Why it happens

sudo pip, or a root shell.

## How envsetup knows

The interpreter under examination runs as root, outside of a container.

## How to fix

- A normal user and a virtual environment (safe)

## When to ignore

In containers.

## Links

- <https://pip.pypa.io/warnings/venv>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Absent, Fix, Machine, Python
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (Fix(text="Use a normal user and a virtual environment"),)


@rule(
    code="SC105",
    slug="running-as-root",
    title="Work as root",
    severity="note",
    unseen="a container's root isn't told of",
    platforms=("linux", "macos"),
    symptoms=(Symptom(pattern="Running pip as the 'root' user", confidence="low"),),
    fixes=FIXES,
)
def judge(python: Python, machine: Machine) -> Iterator[Draft]:
    if python.as_root and isinstance(machine.container, Absent):
        yield Draft(
            message="This runs as root: what an installation or a model file brings along may change everything.",
            evidence=(fact_evidence(machine, "python", "effective user 0"),),
            fixes=FIXES,
        )
