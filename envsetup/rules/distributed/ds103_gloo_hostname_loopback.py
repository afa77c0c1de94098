"""## What it means

Other nodes are told an address that means themselves.

## How it looks

```text
Unable to resolve hostname to a (local) address. Using the loopback address as fallback.
Gloo connectFullMesh failed with … remote=[127.0.0.1]
```

## Why it happens

/etc/hosts maps the name to 127.0.1.1, or nothing knows it.

## How envsetup knows

Where MASTER_ADDR names a machine of a network: this machine's own name leads to the loopback alone, or nowhere, and
GLOO_SOCKET_IFNAME isn't set. On a single node nothing is said.

## How to fix

- `export GLOO_SOCKET_IFNAME=<interface>` (safe)
- `<LAN address> <host name>` in /etc/hosts (root)

## When to ignore

On a single node.

## Links

- <https://github.com/vllm-project/vllm/issues/7074>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Launch, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.shared.launch_names import master_leads, own_name_leads
from envsetup.rules.undecidable import OTHER_NODES

FIXES = (
    Fix(text="`export GLOO_SOCKET_IFNAME=<interface>`"),
    Fix(text="`<LAN address> <host name>` in /etc/hosts", safety="root"),
)


@rule(
    code="DS103",
    slug="gloo-hostname-loopback",
    title="The host name leads to loopback or nowhere",
    severity="error",
    unseen=OTHER_NODES,
    platforms=("linux", "macos"),
    symptoms=(
        Symptom(pattern="Unable to resolve hostname to a"),
        Symptom(pattern="connectFullMesh failed"),
        Symptom(pattern=r"gloo/transport/tcp/pair\.cc:\d{1,5}\] connect \[(?:127\.|::1)"),
        Symptom(pattern=r"gloo/transport/tcp/pair\.cc:\d{1,5}\] connect \[", confidence="medium"),
        Symptom(pattern=r"makeDeviceForHostname"),
        Symptom(pattern=r"gloo.{0,200}unable to resolve hostname", confidence="medium"),
        Symptom(pattern="unsupported gloo device"),
        Symptom(pattern=r"\bgloo\b.{0,60}\bconnectFullMesh\b"),
    ),
    fixes=FIXES,
)
def judge(launch: Launch, environment: dict[str, str], machine: Machine) -> Iterator[Draft]:
    if environment.get("GLOO_SOCKET_IFNAME"):
        return
    if master_leads(launch, environment) not in ("own", "elsewhere"):
        return
    own = own_name_leads(launch)
    if own in ("loopback", "nowhere"):
        where = "to the loopback alone" if own == "loopback" else "nowhere"
        yield Draft(
            message=f"This machine's name leads {where}: other nodes get an address that isn't it.",
            evidence=(fact_evidence(machine, "launch", f"own name leads {where}"),),
            fixes=FIXES,
            severity="warning",
        )
