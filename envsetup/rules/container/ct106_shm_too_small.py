"""## What it means

Shared memory is too small for data loader workers or NCCL, which pass tensors through it.

## How it looks

```text
RuntimeError: DataLoader worker (pid 13) is killed by signal: Bus error.
unable to allocate shared memory(shm) for file </torch_…>: No space left on device (28)
NCCL WARN Error: failed to extend /dev/shm/nccl-…
```

## Why it happens

Containers get 64 MB by default.

## How envsetup knows

The size of /dev/shm: 64 MiB or less in a container with torch and more than one core.

## How to fix

- Docker: `--shm-size=8g` or `--ipc=host` (safe)
- Compose: `shm_size: 8g` (safe)
- Kubernetes: mount an emptyDir with medium Memory at /dev/shm (safe)
- Until then: num_workers=0 (safe)
- On a host: `sudo mount -o remount,size=50% /dev/shm` (root)

## When to ignore

Without worker processes and without NCCL.

## Links

- <https://github.com/pytorch/pytorch/issues/5040>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Filesystem,
    Fix,
    Machine,
    TorchInstall,
    value_of,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PASSING

FIXES = (
    Fix(text="Docker: `--shm-size=8g` or `--ipc=host`"),
    Fix(text="Compose: `shm_size: 8g`"),
    Fix(text="Kubernetes: mount an emptyDir with medium Memory at /dev/shm"),
    Fix(text="Until then: num_workers=0"),
    Fix(text="On a host: `sudo mount -o remount,size=50% /dev/shm`", safety="root"),
)

SMALL_BYTES = 64 * 1024 * 1024
"""The default of container engines."""


@rule(
    code="CT106",
    slug="shm-too-small",
    title="/dev/shm is tiny",
    severity="error",
    unseen=PASSING,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="killed by signal: ?Bus error"),
        Symptom(pattern="unexpected bus error encountered in worker"),
        Symptom(pattern="insufficient shared memory"),
        Symptom(pattern="workers are out of shared memory"),
        Symptom(
            pattern="unable to (?:allocate|write to|resize|mmap|open) (?:shared memory|file </torch_).{0,200}No space left"
        ),
        Symptom(
            pattern="(?:extend|creating shared memory segment|create shared memory segment).{0,20}/dev/shm/nccl"
        ),
        Symptom(pattern=r"/dev/shm/\S{0,80}: No space left"),
        Symptom(pattern=r"/dev/shm has only \d"),
        Symptom(pattern=r"unable to write to file </torch_"),
        Symptom(pattern=r"No space left on device\W{0,4}/dev/shm"),
        Symptom(pattern=r"NCCL WARN [^\n]{0,80}No space left on device"),
        Symptom(pattern=r"DataLoader worker .{0,60}exited unexpectedly", confidence="low"),
        Symptom(pattern=r"\(SIGBUS\)|\bBus error \(core dumped\)", confidence="medium"),
        Symptom(pattern=r"\bbus error\b.{0,40}shared memory"),
    ),
    suppresses=("DL104", "ST101"),
    ask="`df -h /dev/shm`: how large, how full?",
    fixes=FIXES,
)
def judge(
    storage: tuple[Filesystem, ...],
    torch: TorchInstall,
    machine: Machine,
) -> Iterator[Draft]:
    cpu, container = value_of(machine.cpu), value_of(machine.container)
    if container is None:
        return
    if cpu is not None and (cpu.usable_cores or 2) < 2:
        return
    for place in storage:
        if place.role == "shm" and place.total_bytes and place.total_bytes <= SMALL_BYTES:
            size = f"{place.total_bytes // 2**20} MiB"
            yield Draft(
                message=f"/dev/shm of this {container.runtime} container holds {size}: data loader"
                " workers and NCCL soon fill it.",
                evidence=(fact_evidence(machine, "storage", f"{place.path}: {size}"),),
                fixes=FIXES,
                severity="warning",
            )
