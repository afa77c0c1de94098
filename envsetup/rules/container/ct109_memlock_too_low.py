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

The limit on locked memory is below 64 MiB where there are RDMA adapters and GPUs: a warning where several nodes are meant
(MASTER_ADDR names another machine), else a note.

## How to fix

- Docker: `--ulimit memlock=-1 --ulimit stack=67108864` (safe)
- Host: memlock unlimited in /etc/security/limits.conf, then log in again (root)

## When to ignore

Without RDMA hardware.

## Links

- <https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine, RdmaPort
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import SETTINGS

FIXES = (
    Fix(text="Docker: `--ulimit memlock=-1 --ulimit stack=67108864`"),
    Fix(
        text="Host: memlock unlimited in /etc/security/limits.conf, then log in again",
        safety="root",
    ),
)

NEEDED_BYTES = 64 * 2**20
"""Less than NCCL registers for a few connections; distributions give 8 MiB."""


@rule(
    code="CT109",
    slug="memlock-too-low",
    title="The limit on locked memory is too low for RDMA",
    severity="warning",
    unseen=SETTINGS,
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
def judge(
    limits: dict[str, int],
    rdma_ports: tuple[RdmaPort, ...],
    gpus: tuple[Gpu, ...],
    environment: dict[str, str],
    machine: Machine,
) -> Iterator[Draft]:
    limit = limits.get("memlock_bytes", -1)
    if not 0 <= limit < NEEDED_BYTES or not gpus or not any(p.active for p in rdma_ports):
        return
    several = environment.get("MASTER_ADDR", "localhost") not in ("localhost", "127.0.0.1", "::1")
    yield Draft(
        message=f"At most {limit / 2**20:g} MiB may be locked; NCCL over RDMA needs more.",
        evidence=(
            fact_evidence(machine, "limits", f"memlock {limit} bytes"),
            fact_evidence(machine, "rdma_ports", "active"),
        ),
        fixes=FIXES,
        severity="warning" if several else "note",
    )
