"""## What it means

No wheel of the asked torch exists for this Python.

## How it looks

```text
ERROR: Could not find a version that satisfies the requirement torch (from versions: none)
ERROR: No matching distribution found for torch
```

## Why it happens

Wheels exist for a range of Python versions per release; a Python that is newer or older, or an old pin on a new Python, finds none.

## How envsetup knows

Only together with the interpreter: its version against the knowledge's Python tags.

## How to fix

- See what fits this Python: `envsetup install-plan` (safe)
- Make an environment with a Python in the middle of the range: `envsetup setup --python python3.12` (safe)

## When to ignore

Where torch imports.

## Links

- <https://github.com/pytorch/pytorch/blob/main/RELEASE.md>
"""

from __future__ import annotations

from envsetup.model import Fix
from envsetup.rules import Symptom, text_rule

text_rule(
    __name__,
    code="PY101",
    slug="python-version-has-no-wheel",
    title="This Python version has no torch wheel",
    severity="error",
    symptoms=(
        Symptom(pattern=r"Could not find a version that satisfies the requirement torch"),
        Symptom(pattern=r"No matching distribution found for torch"),
        Symptom(pattern=r"no wheels with a matching Python (?:ABI|version) tag"),
    ),
    ask="`python --version`, and is it 64-bit: `python -c 'import struct; print(struct.calcsize(\"P\") * 8)'`",
    fixes=(
        Fix(text="See what fits this Python: `envsetup install-plan`"),
        Fix(
            text="Make an environment with a Python in the middle of the range: `envsetup setup --python python3.12`"
        ),
    ),
)
