"""## What it means

Downloads of models end with a refusal.

## How it looks

```text
PermissionError: [Errno 13] Permission denied: '/home/user/.cache/huggingface/token'
There was a problem when trying to write in your cache folder
```

## Why it happens

Files made by root after sudo or in a container.

## How envsetup knows

The error text.

## How to fix

- `export HF_HOME=<a folder of your own>` (safe)
- `sudo chown -R $USER ~/.cache/huggingface` (root)

## When to ignore

With a read-only cache on purpose.

## Links

- <https://huggingface.co/docs/huggingface_hub/guides/manage-cache>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(text="`export HF_HOME=<a folder of your own>`"),
    Fix(text="`sudo chown -R $USER ~/.cache/huggingface`", safety="root"),
)

text_rule(
    __name__,
    code="ST102",
    slug="hf-cache-not-writable",
    title="The model cache can't be written",
    severity="error",
    symptoms=(
        Symptom(pattern=r"Permission denied.{0,60}(?:huggingface|\.cache/torch|/hub)"),
        Symptom(pattern="problem when trying to write in your cache folder"),
        Symptom(pattern="Check cache directory permissions"),
    ),
    fixes=FIXES,
)
