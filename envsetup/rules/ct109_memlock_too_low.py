"""## What it means

InfiniBand or RoCE must lock memory and may not.

## How it looks

```text
NCCL WARN Call to ibv_create_cq failed with error Cannot allocate memory
ibv_reg_mr failed
```

## Why it happens

RLIMIT_MEMLOCK is small by default, in containers above all.

## How envsetup knows

The error text; whether RDMA hardware is there isn't among the facts.

## How to fix

- Docker: `--ulimit memlock=-1 --ulimit stack=67108864` (safe)
- Host: memlock unlimited in /etc/security/limits.conf, then log in again (root)

## When to ignore

Without RDMA hardware.

## Links

- <https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(text="Docker: `--ulimit memlock=-1 --ulimit stack=67108864`"),
    Fix(
        text="Host: memlock unlimited in /etc/security/limits.conf, then log in again",
        safety="root",
    ),
)

text_rule(
    __name__,
    code="CT109",
    slug="memlock-too-low",
    title="The limit on locked memory is too low for RDMA",
    severity="warning",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="ibv_create_cq failed.{0,60}Cannot allocate memory"),
        Symptom(pattern=r"ibv_reg_mr\w* failed"),
        Symptom(pattern=r"ibv_\w+ failed with error Cannot allocate memory"),
        Symptom(pattern=r"RLIMIT_MEMLOCK is \d|severely limit memory registrations"),
        Symptom(pattern=r"ibv_\w{1,30}\(\) failed: Cannot allocate memory"),
        Symptom(pattern=r"max locked memory limit"),
        Symptom(pattern=r"Failed to create a completion queue", confidence="medium"),
    ),
    suppresses=("DS109",),
    fixes=FIXES,
)
