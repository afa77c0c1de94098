"""## What it means

A gated model or private index wants a login.

## How it looks

```text
401 Client Error: Unauthorized
GatedRepoError: 403
```

## Why it happens

No token, or terms that weren't accepted.

## How envsetup knows

The error text.

## How to fix

- `hf auth login`, and accept the model's terms (safe)
- An entry in keyring or netrc (safe)

## When to ignore

For public files.

## Links

- <https://pip.pypa.io/en/stable/topics/authentication/>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import NETWORK

FIXES = (
    Fix(text="`hf auth login`, and accept the model's terms"),
    Fix(text="Make an entry in keyring or netrc"),
)

text_rule(
    __name__,
    undecidable=NETWORK,
    code="NW106",
    slug="netrc-or-token-missing",
    title="Credentials are missing",
    severity="note",
    symptoms=(
        Symptom(pattern="GatedRepoError"),
        Symptom(
            pattern=r"401 Client Error.{0,120}(?:huggingface|hf\.co)|(?:huggingface|hf_hub).{0,300}401 Client Error"
        ),
        Symptom(pattern="401 Client Error", confidence="medium"),
        Symptom(pattern="access (?:a |to public )?gated repo"),
        Symptom(pattern="Repository Not Found for url: https://huggingface", confidence="medium"),
        Symptom(pattern="must have access to it and be authenticated"),
        Symptom(pattern="is restricted.{0,80}(?:authorized list|log in|authenticated)"),
    ),
    excludes=("whl/(?:cu|cpu|rocm|xpu)",),
    fixes=FIXES,
)
