"""## What it means

Another process listens on MASTER_PORT.

## How it looks

```text
The server socket has failed to listen on any local network address. port: 29500 … EADDRINUSE
```

## Why it happens

A run that didn't end, or a second job on one machine.

## How envsetup knows

Something listens on MASTER_PORT (29500 where it isn't set) of this machine, MASTER_ADDR leads here, and no launcher is
among the processes above, whose own port it would be.

## How to fix

- `torchrun --standalone …`, or another MASTER_PORT (safe)
- End the stale run (safe)

## When to ignore

Where your own job holds it.

## Links

- <https://github.com/pytorch/pytorch/issues/105782>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Launch, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.shared.launch_names import master_leads
from envsetup.rules.undecidable import PASSING

FIXES = (
    Fix(text="`torchrun --standalone …`, or another MASTER_PORT"),
    Fix(text="End the stale run"),
)


@rule(
    code="DS105",
    slug="master-port-in-use",
    title="The rendezvous port is taken",
    severity="error",
    unseen=PASSING,
    symptoms=(
        Symptom(pattern="server socket has failed to (?:listen|bind)"),
        Symptom(
            pattern=r"(?:torch|rendezvous|c10d|TCPStore|MASTER_PORT).{0,500}EADDRINUSE|EADDRINUSE.{0,500}(?:torch|rendezvous|c10d|TCPStore|MASTER_PORT)"
        ),
        Symptom(
            pattern=r"(?:torch|rendezvous|c10d|TCPStore|MASTER_PORT).{0,500}Address already in use|Address already in use.{0,500}(?:torch|rendezvous|c10d|TCPStore|MASTER_PORT)"
        ),
        Symptom(pattern="EADDRINUSE|Address already in use", confidence="medium"),
        Symptom(pattern=r"WinError 10048"),
    ),
    fixes=FIXES,
)
def judge(launch: Launch, environment: dict[str, str], machine: Machine) -> Iterator[Draft]:
    first = environment.get("RANK", "0") == "0"
    if not first or not launch.port_taken or launch.launcher:
        return
    if master_leads(launch, environment) not in ("loopback", "own"):
        return
    port = environment.get("MASTER_PORT") or "29500"
    yield Draft(
        message=f"Port {port}, at which the processes are to meet, is taken on this machine.",
        subject=port,
        evidence=(fact_evidence(machine, "launch", f"port {port} is taken"),),
        fixes=FIXES,
        severity="warning",
    )
