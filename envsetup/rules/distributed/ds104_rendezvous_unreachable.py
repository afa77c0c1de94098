"""## What it means

Processes can't connect to MASTER_ADDR:MASTER_PORT.

## How it looks

```text
[c10d] The client socket has timed out after 60s while trying to connect to (GPU03, 29500).
```

## Why it happens

A firewall, a container's private address, or rank 0 isn't running.

## How envsetup knows

The error text.

## How to fix

- Use an address that all nodes reach; containers with `--network=host` (safe)
- Open MASTER_PORT and the ephemeral ports (root)

## When to ignore

Before rank 0 has started.

## Links

- <https://github.com/pytorch/pytorch/issues/79388>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import NETWORK

FIXES = (
    Fix(text="Use an address that all nodes reach; containers with `--network=host`"),
    Fix(text="Open MASTER_PORT and the ephemeral ports", safety="root"),
)

text_rule(
    __name__,
    undecidable=NETWORK,
    code="DS104",
    slug="rendezvous-unreachable",
    title="The rendezvous address can't be reached",
    severity="error",
    symptoms=(
        Symptom(
            pattern="client socket has (?:timed out|failed to connect)(?!.{0,120}system error: 10049)"
        ),
        Symptom(pattern="DistNetworkError", confidence="medium"),
        Symptom(pattern="RendezvousConnectionError"),
        Symptom(pattern="init_process_group.{0,40}(?:hang|timed out)", confidence="medium"),
        Symptom(pattern=r"store->get\('\w{1,40}'\) got error", confidence="medium"),
        Symptom(pattern=r"in store based barrier", confidence="medium"),
        Symptom(pattern=r"RendezvousTimeoutError"),
        Symptom(pattern=r"connect\(\) timed out\. Original timeout"),
        Symptom(pattern=r"\b\d{1,4}/\d{1,4} clients joined"),
        Symptom(
            pattern=r"(?:torch[./]distributed|rendezvous|c10d).{0,500}Name or service not known"
            r"|Name or service not known.{0,500}(?:torch[./]distributed|rendezvous|c10d)"
        ),
        Symptom(
            pattern=r"(?:torch[./]distributed|rendezvous|c10d).{0,500}Temporary failure in name resolution"
            r"|Temporary failure in name resolution.{0,500}(?:torch[./]distributed|rendezvous|c10d)"
        ),
        Symptom(pattern=r"ncclRemoteError", confidence="low"),
        Symptom(
            pattern=r"(?:torch|rendezvous|c10d|TCPStore|init_process_group|MASTER_ADDR).{0,500}ValueError: host not found"
            r"|ValueError: host not found: ?\w{1,60}:\d{1,5}\b",
            confidence="medium",
        ),
        Symptom(
            pattern=r"(?:Call to (?:recv|connect)|Connect) (?:from|to) \S{1,60} failed : (?:Connection|No route|Operation timed)",
            confidence="medium",
        ),
        Symptom(pattern=r"Call to connect returned Connection refused", confidence="medium"),
        Symptom(pattern=r"NCCL WARN .{0,60}Connection closed by remote peer", confidence="low"),
        Symptom(pattern=r"(?:DistStoreError|RuntimeError): Socket Timeout"),
        Symptom(
            pattern=r"recvValueWithTimeout failed|TCPStore.{0,60}Broken pipe|Broken pipe.{0,40}TCPStore|wait timeout after \d{1,9}ms, keys",
            confidence="medium",
        ),
        Symptom(pattern=r"unbound_buffer\.cc.{0,40}Timed out", confidence="medium"),
        Symptom(
            pattern=r"client socket has failed to connect.{0,120}system error: 10049",
            confidence="medium",
        ),
        Symptom(pattern=r"\bssh exited with exit code 255", confidence="medium"),
        Symptom(
            pattern=r"(?:deepspeed|pdsh|mpirun|orted|hostfile|launcher|torchrun).{0,500}\bssh: connect to host"
            r"|\bssh: connect to host.{0,500}(?:deepspeed|pdsh|mpirun|orted|hostfile|launcher|torchrun)",
            confidence="medium",
        ),
    ),
    excludes=("EADDRINUSE",),
    fixes=FIXES,
)
