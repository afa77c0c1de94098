"""## What it means

NCCL finds RDMA hardware and can't use it.

## How it looks

```text
NCCL WARN NET/IB : Got completion with error 12
NCCL WARN Failed to open libibverbs.so[.1]
```

## Why it happens

A port is down, the user library is missing, or the container lacks the device.

## How envsetup knows

The error text.

## How to fix

- As a test: `NCCL_IB_DISABLE=1` (safe)
- Docker: `--device=/dev/infiniband --cap-add=IPC_LOCK --ulimit memlock=-1` (safe)
- Install rdma-core; look at ibstat (root)

## When to ignore

Where it isn't meant to be used.

## Links

- <https://github.com/pytorch/pytorch/issues/73790>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(text="As a test: `NCCL_IB_DISABLE=1`"),
    Fix(text="Docker: `--device=/dev/infiniband --cap-add=IPC_LOCK --ulimit memlock=-1`"),
    Fix(text="Install rdma-core; look at ibstat", safety="root"),
)

text_rule(
    __name__,
    code="DS109",
    slug="ib-misconfigured",
    title="InfiniBand or RoCE is there but unusable",
    severity="warning",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="Got completion (?:from peer .{0,60})?with (?:error|status)"),
        Symptom(pattern="ibv_modify_qp failed"),
        Symptom(pattern="Failed to open libibverbs", confidence="low"),
        Symptom(pattern=r"NCCL WARN .{0,40}Unable to open device"),
        Symptom(pattern=r"Call to ibv_\w{1,30} failed", confidence="medium"),
        Symptom(
            pattern=r"No IB devices found|couldn't open config directory '/etc/libibverbs",
            confidence="medium",
        ),
        Symptom(pattern=r"\bNCCL\b.{0,60}\bRoCE|\bRoCE.{0,80}\bNCCL\b", confidence="low"),
    ),
    fixes=FIXES,
)
