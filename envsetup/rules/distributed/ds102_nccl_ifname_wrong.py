"""## What it means

The interface named for NCCL or Gloo isn't there, or the wrong one is picked.

## How it looks

```text
NCCL WARN Bootstrap : no socket interface found
```

## Why it happens

NCCL_SOCKET_IFNAME from another machine, or docker0 and VPNs beside the real one.

## How envsetup knows

NCCL_SOCKET_IFNAME or GLOO_SOCKET_IFNAME against the names in /sys/class/net; an error where several GPUs or processes are meant, else a note.

## How to fix

- See which there are: `ip -brief address` (safe)
- `export NCCL_SOCKET_IFNAME=<interface> GLOO_SOCKET_IFNAME=<interface>` per node (safe)

## When to ignore

On a single node.

## Links

- <https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import OTHER_NODES

FIXES = (
    Fix(text="See which there are: `ip -brief address`"),
    Fix(text=("`export NCCL_SOCKET_IFNAME=<interface> GLOO_SOCKET_IFNAME=<interface>` per node")),
)


@rule(
    code="DS102",
    slug="nccl-ifname-wrong",
    title="NCCL or Gloo use a wrong network interface",
    severity="error",
    unseen=OTHER_NODES,
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
def judge(
    environment: dict[str, str], interfaces: tuple[str, ...], machine: Machine
) -> Iterator[Draft]:
    several = len(value_of(machine.gpus) or ()) > 1 or environment.get("WORLD_SIZE", "1") != "1"
    for variable in ("NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME"):
        value = environment.get(variable, "")
        if value and not _names_one(value, interfaces, exactly=variable.startswith("GLOO")):
            yield Draft(
                message=f"{variable}={value} names no interface of this machine.",
                subject=variable,
                evidence=(
                    fact_evidence(machine, "environment", f"{variable}={value}"),
                    fact_evidence(machine, "interfaces", f"{len(interfaces)} of other names"),
                ),
                fixes=FIXES,
                severity="error" if several else "note",
            )


def _names_one(value: str, interfaces: tuple[str, ...], *, exactly: bool) -> bool:
    """Whether the value leaves an interface: NCCL takes beginnings, `=` for whole names, `^` for all but."""
    without = value.startswith("^")
    whole = exactly or "=" in value[:2]
    names = tuple(n for n in value.lstrip("^=").split(",") if n)
    hit = [i for i in interfaces if (i in names if whole else i.startswith(names))]
    return len(hit) < len(interfaces) if without else bool(hit)
