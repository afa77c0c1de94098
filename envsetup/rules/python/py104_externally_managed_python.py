"""## What it means

The distribution manages this Python and refuses pip.

## How it looks

```text
error: externally-managed-environment
× This environment is externally managed
```

## Why it happens

PEP 668: Debian, Ubuntu, Fedora and Homebrew mark their Python so that pip can't break it.

## How envsetup knows

The interpreter is outside of any environment, its standard library holds the marker EXTERNALLY-MANAGED, and torch isn't installed. It is a note: nothing is broken before somebody installs.

## How to fix

- Make a virtual environment: `envsetup setup`, or `python3 -m venv .venv` (safe)

## When to ignore

Never force it.

## Links

- <https://peps.python.org/pep-0668/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Absent, Fix, Machine, Python
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (Fix(text="Make a virtual environment: `envsetup setup`, or `python3 -m venv .venv`"),)


@rule(
    code="PY104",
    slug="externally-managed-python",
    title="Installing into an externally managed system Python",
    severity="warning",
    unseen="pip can belong to another Python",
    symptoms=(
        Symptom(pattern=r"externally[- ]managed[- ]environment"),
        Symptom(pattern=r"This environment is externally managed"),
        Symptom(pattern="--break-system-packages", confidence="medium"),
        Symptom(pattern=r"\bis externally managed\b"),
        Symptom(pattern="Permission denied: '/usr/(?:local/)?lib/python3", confidence="medium"),
    ),
    ask="`python -c 'import sys; print(sys.prefix != sys.base_prefix)'`: True in a virtual environment",
    fixes=FIXES,
)
def judge(python: Python, machine: Machine) -> Iterator[Draft]:
    outside = python.in_venv is False and not python.conda_prefix
    if not (outside and python.externally_managed) or not isinstance(machine.torch, Absent):
        return
    yield Draft(
        message=f"{python.executable} belongs to the system's package manager: pip refuses to"
        " install torch into it.",
        subject="python",
        evidence=(fact_evidence(machine, "python", "externally managed, no virtual environment"),),
        fixes=FIXES,
        severity="note",
    )
