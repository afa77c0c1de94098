"""## What it means

torch's helper for shared files doesn't start.

## How it looks

```text
RuntimeError: torch_shm_manager at "…/torch/bin/torch_shm_manager": could not generate a random directory for manager socket
```

## Why it happens

It lost its execute bit, or TMPDIR is too long for a socket's name.

## How envsetup knows

`torch/bin/torch_shm_manager` is there and may not be executed, though its mount allows it (else it is ST107); or the temporary
folder's name is so long that the socket's in it goes beyond what the system takes (107 characters, 103 on macOS).

## How to fix

- A short TMPDIR (safe)
- `pip install --force-reinstall --no-deps torch` in the same version and build (safe)

## When to ignore

With file-descriptor sharing.

## Links

- <https://github.com/pytorch/pytorch>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Filesystem, Fix, Machine, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.shared.noexec_mounts import is_noexec
from envsetup.rules.undecidable import PART

FIXES = (
    Fix(text="Set a short TMPDIR"),
    Fix(text=("`pip install --force-reinstall --no-deps torch` in the same version and build")),
)

SOCKET = "/torch-shm-dir-XXXXXX/manager.sock"
"""What libshm puts below the temporary folder. Source: torch/lib/libshm/manager.cpp."""
LONGEST_SOCKET = {"linux": 107, "macos": 103}
"""Bytes of sun_path without its end, by unix(7) and macOS' sys/un.h."""


@rule(
    code="DL105",
    slug="shm-manager-not-executable",
    title="torch_shm_manager can't run",
    severity="error",
    unseen=PART,
    platforms=("linux", "macos"),
    symptoms=(Symptom(pattern="torch_shm_manager"),),
    fixes=FIXES,
)
def judge(
    torch: TorchInstall, storage: tuple[Filesystem, ...], os: str, machine: Machine
) -> Iterator[Draft]:
    noexec = any(p.role == "environment" and is_noexec(p) for p in storage)
    if torch.shm_manager is False and not noexec:
        yield Draft(
            message="torch_shm_manager may not be executed: tensors can't be shared through files.",
            subject="torch_shm_manager",
            evidence=(fact_evidence(machine, "torch", f"{torch.location}/bin/torch_shm_manager"),),
            fixes=FIXES[1:],
            severity="warning",
        )
    room = LONGEST_SOCKET.get(os, 107) - len(SOCKET)
    for place in storage:
        if place.role == "tmp" and len(place.path.encode()) > room:
            yield Draft(
                message=f"The temporary folder's name has {len(place.path)} characters; torch's socket in it "
                f"leaves room for {room}.",
                subject="TMPDIR",
                evidence=(fact_evidence(machine, "storage", place.path),),
                fixes=FIXES[:1],
                severity="warning" if os == "macos" else "note",
            )
