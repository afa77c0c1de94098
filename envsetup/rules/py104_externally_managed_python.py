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

Only the error text tells: no fact that is read without running the failing program decides it.

## How to fix

- Make a virtual environment: `envsetup setup`, or `python3 -m venv .venv` (safe)

## When to ignore

Never force it.

## Links

- <https://peps.python.org/pep-0668/>
"""

from __future__ import annotations

from envsetup.model import Fix
from envsetup.rules import Symptom, text_rule

text_rule(
    __name__,
    code="PY104",
    slug="externally-managed-python",
    title="Installing into an externally managed system Python",
    severity="warning",
    symptoms=(
        Symptom(pattern=r"externally[- ]managed[- ]environment"),
        Symptom(pattern=r"This environment is externally managed"),
    ),
    ask="`python -c 'import sys; print(sys.prefix != sys.base_prefix)'`: True in a virtual environment",
    fixes=(Fix(text="Make a virtual environment: `envsetup setup`, or `python3 -m venv .venv`"),),
)
