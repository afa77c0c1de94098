"""## What it means

pip can't download anything over HTTPS.

## How it looks

```text
WARNING: pip is configured with locations that require TLS/SSL, however the ssl module in Python is not available.
```

## Why it happens

Built without OpenSSL, or a Conda environment that isn't activated on Windows.

## How envsetup knows

The interpreter can't import ssl.

## How to fix

- Activate the Conda environment (safe)
- Another interpreter, such as one that uv manages (safe)
- Built from source: install OpenSSL's headers and build again (root)

## When to ignore

Never.

## Links

- <https://github.com/pytorch/pytorch/issues/35880>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    Python,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="Activate the Conda environment"),
    Fix(text="Use another interpreter, such as one that uv manages"),
    Fix(text="Built from source: install OpenSSL's headers and build again", safety="root"),
)


@rule(
    code="NW103",
    slug="python-without-ssl",
    title="Python has no working ssl module",
    severity="error",
    symptoms=(
        Symptom(pattern="ssl module (?:in Python )?is not available"),
        Symptom(pattern="No module named '?_ssl"),
        Symptom(pattern="Can't connect to HTTPS URL because the SSL module"),
        Symptom(pattern=r"while importing _ssl\b"),
    ),
    suppresses=("PY101", "NW104"),
    fixes=FIXES,
)
def judge(python: Python, machine: Machine) -> Iterator[Draft]:
    if python.has_ssl is False:
        yield Draft(
            message=f"Python {python.version} can't import ssl: pip can't download.",
            evidence=(fact_evidence(machine, "python", python.version),),
            fixes=FIXES,
        )
