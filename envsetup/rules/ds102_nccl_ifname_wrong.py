"""## What it means

The interface named for NCCL or Gloo isn't there, or the wrong one is picked.

## How it looks

```text
NCCL WARN Bootstrap : no socket interface found
```

## Why it happens

NCCL_SOCKET_IFNAME from another machine, or docker0 and VPNs beside the real one.

## How envsetup knows

The error text.

## How to fix

- `export NCCL_SOCKET_IFNAME=<interface> GLOO_SOCKET_IFNAME=<interface>` per node (safe)

## When to ignore

On a single node.

## Links

- <https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(text=("`export NCCL_SOCKET_IFNAME=<interface> GLOO_SOCKET_IFNAME=<interface>` per node")),
)

text_rule(
    __name__,
    code="DS102",
    slug="nccl-ifname-wrong",
    title="NCCL or Gloo use a wrong network interface",
    severity="error",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="no socket interface found"),
        Symptom(pattern="No interface found in the same subnet"),
        Symptom(pattern="is neither AF_INET"),
        Symptom(pattern="Unable to find (?:address for|interface)", confidence="medium"),
        Symptom(pattern=r"NCCL WARN .{0,60}no (?:socket )?interface found"),
        Symptom(pattern=r"\bInterface \w{1,15} not found", confidence="medium"),
    ),
    fixes=FIXES,
)
