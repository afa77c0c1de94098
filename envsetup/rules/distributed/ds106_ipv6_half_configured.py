"""## What it means

Names resolve to IPv6 addresses that can't be reached.

## How it looks

```text
[c10d] The IPv6 network addresses of (host, 29500) cannot be retrieved
```

## Why it happens

IPv6 without a route.

## How envsetup knows

The first address that MASTER_ADDR leads to is one of IPv6, and no interface of this machine has a global one.

## How to fix

- The IPv4 address as MASTER_ADDR; `export NCCL_SOCKET_FAMILY=AF_INET` (safe)

## When to ignore

In clusters with IPv6 only; the warning alone is harmless.

## Links

- <https://github.com/NVIDIA/nccl/issues/210>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Launch, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.shared.launch_names import master_leads
from envsetup.rules.undecidable import OTHER_NODES

FIXES = (Fix(text="Give the IPv4 address as MASTER_ADDR; `export NCCL_SOCKET_FAMILY=AF_INET`"),)


@rule(
    code="DS106",
    slug="ipv6-half-configured",
    title="IPv6 is there but doesn't work",
    severity="warning",
    unseen=OTHER_NODES,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="IPv6 network addresses of .{0,120}cannot be retrieved"),
        Symptom(pattern="Connect to fe80:"),
        Symptom(pattern=r"errno: 97 - Address family not supported", confidence="low"),
    ),
    fixes=FIXES,
)
def judge(launch: Launch, environment: dict[str, str], machine: Machine) -> Iterator[Draft]:
    if launch.has_ipv6 is not False:
        return
    if master_leads(launch, environment) in ("own", "elsewhere") and launch.master_is_ipv6:
        yield Draft(
            message="MASTER_ADDR leads to an IPv6 address, and this machine has none to reach it from.",
            evidence=(fact_evidence(machine, "launch", "MASTER_ADDR: IPv6; here: none"),),
            fixes=FIXES,
        )
