"""## What it means

Memory policy calls are refused; libraries go on without binding memory.

## How it looks

```text
set_mempolicy: Operation not permitted
get_mempolicy: Operation not permitted
```

## Why it happens

The engine's default seccomp profile blocks them without CAP_SYS_NICE.

## How envsetup knows

get_mempolicy(2) ends with EPERM in a container, on a machine with several NUMA nodes.

## How to fix

- Docker: `--cap-add SYS_NICE` (safe)

## When to ignore

On machines with one NUMA node.

## Links

- <https://docs.docker.com/engine/security/seccomp/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Container, Cpu, Fix, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (Fix(text="Docker: `--cap-add SYS_NICE`"),)


@rule(
    code="CT110",
    slug="seccomp-blocks-numa",
    title="The container forbids NUMA calls",
    severity="note",
    unseen=PART,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="(?:set|get)_mempolicy: Operation not permitted"),
        Symptom(pattern=r"\bmbind: Operation not permitted"),
    ),
    fixes=FIXES,
)
def judge(container: Container, cpu: Cpu, machine: Machine) -> Iterator[Draft]:
    if container.numa_refused and (cpu.numa_nodes or 1) > 1:
        yield Draft(
            message=f"The container forbids NUMA policies, on a machine of {cpu.numa_nodes} nodes.",
            evidence=(
                fact_evidence(machine, "container", "get_mempolicy ends with EPERM"),
                fact_evidence(machine, "cpu", f"{cpu.numa_nodes} NUMA nodes"),
            ),
            fixes=FIXES,
        )
