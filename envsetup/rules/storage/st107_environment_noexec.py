"""## What it means

torch lies on a file system that is mounted `noexec`: the system refuses to load its libraries.

## How it looks

```text
ImportError: /data/venv/lib/python3.12/site-packages/torch/lib/libtorch_cpu.so: failed to map segment from shared object
```

## Why it happens

Data disks, home folders of clusters and USB drives are often mounted so. The kernel then refuses to map
a file as code, whatever its mode bits say. The interpreter itself still starts: in a virtual environment
it is a link to one elsewhere.

## How envsetup knows

The options of the mount that holds torch. Where importing torch works nothing is said.

## How to fix

- Make a new environment in a folder of another file system: `envsetup setup <folder>` (safe)
- Or mount it anew with exec: `sudo mount -o remount,exec <mount point>`, and change its line in
  /etc/fstab (root)

## When to ignore

Never, if torch is to be used from there.

## Links

- <https://man7.org/linux/man-pages/man8/mount.8.html>
- <https://man7.org/linux/man-pages/man2/mmap.2.html>
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from envsetup.model import Filesystem, Fix, Known, Machine, TorchInstall, Unreadable
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.shared.noexec_mounts import is_noexec
from envsetup.rules.undecidable import PLACES

FIXES = (
    Fix(
        text="Make a new environment in a folder of another file system: `envsetup setup <folder>`"
    ),
    Fix(text="Or `sudo mount -o remount,exec <mount point>`", safety="root"),
)


@rule(
    code="ST107",
    slug="environment-noexec",
    title="The environment lies on a noexec mount",
    severity="error",
    unseen=PLACES,
    platforms=("linux",),
    symptoms=(
        Symptom(
            pattern=r"(?:site|dist)-packages/\S{1,200}: failed to map segment", confidence="medium"
        ),
        Symptom(pattern="failed to map segment from shared object", confidence="low"),
    ),
    suppresses=("PY113", "CU111", "DL105"),
    ask="`findmnt -T <folder of the environment>`: does it list noexec?",
    fixes=FIXES,
)
def judge(
    storage: tuple[Filesystem, ...], torch: TorchInstall, machine: Machine
) -> Iterator[Draft]:
    runtime = machine.torch_runtime
    place = _place_of(torch, storage)
    if place is None or not is_noexec(place) or isinstance(runtime, Known):
        return
    failed = isinstance(runtime, Unreadable) and runtime.source.kind == "target"
    yield Draft(
        message=f"{place.path}, where torch lies, is mounted noexec: the system "
        + ("refuses" if failed else "will refuse")
        + " to load its libraries.",
        subject=place.path,
        evidence=(fact_evidence(machine, "storage", f"{place.path}: noexec"),),
        fixes=FIXES,
        confidence="high" if failed else "medium",
    )


def _place_of(torch: TorchInstall, storage: tuple[Filesystem, ...]) -> Filesystem | None:
    """The innermost known place that holds torch; the environment's where torch's folder isn't told."""
    if torch.location is None:
        return next((p for p in storage if p.role == "environment"), None)
    above = {torch.location, *map(str, PurePosixPath(torch.location).parents)}
    return max((p for p in storage if p.path in above), key=lambda p: len(p.path), default=None)
