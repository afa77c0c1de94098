"""## What it means

Memory policy calls are refused; libraries go on without binding memory.

## How it looks

```text
set_mempolicy: Operation not permitted
get_mempolicy: Operation not permitted
```

## Why it happens

The engine's default seccomp profile blocks them without CAP_SYS_NICE.

## How envsetup knows

The error text.

## How to fix

- Docker: `--cap-add SYS_NICE` (safe)

## When to ignore

On machines with one NUMA node.

## Links

- <https://docs.docker.com/engine/security/seccomp/>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (Fix(text="Docker: `--cap-add SYS_NICE`"),)

text_rule(
    __name__,
    code="CT110",
    slug="seccomp-blocks-numa",
    title="The container forbids NUMA calls",
    severity="note",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="(?:set|get)_mempolicy: Operation not permitted"),
        Symptom(pattern=r"\bmbind: Operation not permitted"),
    ),
    fixes=FIXES,
)
