"""## What it means

RANK or WORLD_SIZE is set, so init_process_group waits for others.

## How it looks

```text
ValueError: Error initializing torch.distributed using env:// rendezvous: environment variable RANK expected
```

## Why it happens

Exported by hand, or left from a job.

## How envsetup knows

WORLD_SIZE is above 1 and neither LOCAL_RANK nor a launcher's run id is there.

## How to fix

- `unset RANK WORLD_SIZE LOCAL_RANK MASTER_ADDR MASTER_PORT` (safe)
- Or start with torchrun (safe)

## When to ignore

Inside a launcher, and in training operators' pods.

## Links

- <https://docs.pytorch.org/docs/stable/elastic/run.html>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(text="`unset RANK WORLD_SIZE LOCAL_RANK MASTER_ADDR MASTER_PORT`"),
    Fix(text="Or start with torchrun"),
)

text_rule(
    __name__,
    code="DS112",
    slug="torchrun-env-stale",
    title="Launcher variables without a launcher",
    severity="warning",
    symptoms=(
        Symptom(
            pattern="environment variable (?:RANK|WORLD_SIZE|MASTER_ADDR|MASTER_PORT) expected"
        ),
        Symptom(
            pattern=r"KeyError: '(?:LOCAL_RANK|LOCAL_WORLD_SIZE|MASTER_ADDR|MASTER_PORT|WORLD_SIZE)'"
        ),
        Symptom(
            pattern=r"environ\[\W?RANK\W?\].{0,200}KeyError: 'RANK'|KeyError: 'RANK'.{0,200}environ\["
        ),
        Symptom(
            pattern=r"(?:LOCAL_RANK|WORLD_SIZE|MASTER_ADDR|MASTER_PORT)\b.{0,30}\bnot set\b",
            confidence="medium",
        ),
        Symptom(
            pattern=r"Invalid rank \d{1,5}, rank should be in the interval", confidence="medium"
        ),
        Symptom(pattern=r"Default process group has not been initialized", confidence="low"),
        Symptom(pattern=r"Invalid rank requested", confidence="medium"),
    ),
    fixes=FIXES,
)
