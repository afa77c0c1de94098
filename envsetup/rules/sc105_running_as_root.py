"""## What it means

Packages of the system can be overwritten.

## How it looks

```text
WARNING: Running pip as the 'root' user can result in broken permissions
```

## Why it happens

sudo pip, or a root shell.

## How envsetup knows

The error text.

## How to fix

- A normal user and a virtual environment (safe)

## When to ignore

In containers.

## Links

- <https://pip.pypa.io/warnings/venv>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (Fix(text="Use a normal user and a virtual environment"),)

text_rule(
    __name__,
    code="SC105",
    slug="running-as-root",
    title="Work as root",
    severity="note",
    platforms=("linux", "macos"),
    symptoms=(Symptom(pattern="Running pip as the 'root' user", confidence="low"),),
    fixes=FIXES,
)
