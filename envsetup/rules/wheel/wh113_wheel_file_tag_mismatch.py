"""## What it means

The wheel that was named is for another Python version, ABI or platform than the interpreter.

## How it looks

```text
ERROR: torch-2.1.2+cu121-cp311-cp311-win_amd64.whl is not a supported wheel on this platform.
```

## Why it happens

A link from a guide or of another machine was taken; the file's name tells Python and platform.

## How envsetup knows

Only the error text tells: no fact that is read without running the failing program decides it.

## How to fix

- Compare the name's cpXY and platform with `python -c 'import sys, platform; print(sys.version, platform.machine())'` (safe)
- Let the installer choose the file: the command of `envsetup install-plan` (safe)

## When to ignore

Never: pip installs nothing.

## Links

- <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>
"""

from __future__ import annotations

from envsetup.model import Fix
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import BUILDING

text_rule(
    __name__,
    undecidable=BUILDING,
    code="WH113",
    slug="wheel-file-tag-mismatch",
    title="The named wheel file fits another Python or platform",
    severity="error",
    symptoms=(
        Symptom(pattern=r"\.whl'? is not a supported wheel on this platform"),
        Symptom(
            pattern=r"is not compatible with (?:the current|this) (?:platform|Python)",
            confidence="medium",
        ),
    ),
    ask="`python -m pip debug --verbose | head -40`: which tags does this interpreter accept?",
    fixes=(
        Fix(
            text="Compare the name's cpXY and platform with `python -c 'import sys, platform; print(sys.version, platform.machine())'`"
        ),
        Fix(text="Let the installer choose the file: the command of `envsetup install-plan`"),
    ),
)
