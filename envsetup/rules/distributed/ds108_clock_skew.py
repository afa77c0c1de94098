"""## What it means

Certificates and time-outs fail for odd reasons.

## How it looks

```text
certificate is not yet valid
```

## Why it happens

No time service.

## How envsetup knows

The error text.

## How to fix

- `sudo timedatectl set-ntp true` (root)

## When to ignore

On a single machine without network.

## Links

- <https://docs.python.org/3/library/ssl.html>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import ELSEWHERE

FIXES = (Fix(text="`sudo timedatectl set-ntp true`", safety="root"),)

text_rule(
    __name__,
    undecidable=ELSEWHERE,
    code="DS108",
    slug="clock-skew",
    title="Clocks differ",
    severity="note",
    symptoms=(
        Symptom(pattern="certificate is not yet valid"),
        Symptom(pattern=r"has expired or is not yet valid", confidence="medium"),
        Symptom(pattern=r"\bclock skew\b", confidence="medium"),
    ),
    suppresses=("NW101",),
    fixes=FIXES,
)
