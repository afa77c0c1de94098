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

`/sys/class/infiniband`: NCCL_IB_HCA names an adapter that isn't there. A note where no port is active, and where one is
that this user can't open (`/dev/infiniband`), on a machine with GPUs.

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

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine, RdmaPort, Severity
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import OTHER_NODES

FIXES = (
    Fix(text="As a test: `NCCL_IB_DISABLE=1`"),
    Fix(text="Docker: `--device=/dev/infiniband --cap-add=IPC_LOCK --ulimit memlock=-1`"),
    Fix(text="Install rdma-core; look at ibstat", safety="root"),
)


@rule(
    code="DS109",
    slug="ib-misconfigured",
    title="InfiniBand or RoCE is there but unusable",
    severity="warning",
    unseen=OTHER_NODES,
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
def judge(
    rdma_ports: tuple[RdmaPort, ...],
    gpus: tuple[Gpu, ...],
    environment: dict[str, str],
    machine: Machine,
) -> Iterator[Draft]:
    if not gpus or environment.get("NCCL_IB_DISABLE") == "1":
        return
    trouble = _trouble(rdma_ports, environment.get("NCCL_IB_HCA", ""))
    if trouble is not None:
        message, severity = trouble
        told = ", ".join(f"{p.device}:{p.port} {_state(p)}" for p in rdma_ports)
        yield Draft(
            message=message,
            evidence=(fact_evidence(machine, "rdma_ports", told),),
            fixes=FIXES,
            severity=severity,
        )


def _state(port: RdmaPort) -> str:
    return "active" if port.active else "not active"


def _trouble(ports: tuple[RdmaPort, ...], wanted: str) -> tuple[str, Severity] | None:
    if wanted and not _named(ports, wanted):
        return f"NCCL_IB_HCA={wanted} names no RDMA adapter of this machine.", "warning"
    active = [p for p in ports if p.active]
    if not active:
        return "No port of the RDMA adapters is active: NCCL takes sockets between nodes.", "note"
    if not any(p.openable for p in active):
        return "RDMA ports are active, but this user can't open them.", "note"
    return None


def _named(ports: tuple[RdmaPort, ...], wanted: str) -> bool:
    """Whether NCCL_IB_HCA leaves an adapter: it takes beginnings, `=` for whole names, `^` for all but."""
    names = tuple(n.partition(":")[0] for n in wanted.lstrip("^=").split(",") if n)
    whole = "=" in wanted[:2]
    hit = [p for p in ports if (p.device in names if whole else p.device.startswith(names))]
    return len(hit) < len(ports) if wanted.startswith("^") else bool(hit)
