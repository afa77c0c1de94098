"""## What it means

Triton compiles a launcher against Python's headers, which distributions pack apart.

## How it looks

```text
fatal error: Python.h: No such file or directory
```

## Why it happens

The -dev package isn't installed.

## How envsetup knows

The error text.

## How to fix

- Debian, Ubuntu: `sudo apt install python3-dev` (python3.X-dev) (root)
- Fedora, RHEL: `sudo dnf install python3-devel` (root)
- Or an interpreter that uv manages, which has them (safe)

## When to ignore

Where nothing is compiled.

## Links

- <https://github.com/pytorch/pytorch/issues/129351>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(text="Debian, Ubuntu: `sudo apt install python3-dev` (python3.X-dev)", safety="root"),
    Fix(text="Fedora, RHEL: `sudo dnf install python3-devel`", safety="root"),
    Fix(text="Or an interpreter that uv manages, which has them"),
)

text_rule(
    __name__,
    code="TC102",
    slug="python-headers-missing",
    title="Python.h is missing",
    severity="warning",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"Python\.h\W{0,2}: No such file"),
        Symptom(pattern=r"Python\.h' file not found"),
        Symptom(pattern=r"cuda_utils\.c.{0,560}returned non-zero exit status", confidence="medium"),
    ),
    excludes=(r"\\(?:tcc|cl)\.exe",),
    ask="Does Python.h exist in the folder that sysconfig names?",
    fixes=FIXES,
)
