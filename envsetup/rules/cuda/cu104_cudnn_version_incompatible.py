"""## What it means

torch found another cuDNN than the one that it was compiled against.

## How it looks

```text
RuntimeError: cuDNN version incompatibility: PyTorch was compiled against (9, 1, 0) but found runtime version (8, 9, 2).
```

## Why it happens

A cuDNN of the system, of conda or of another framework in the same environment is loaded first, or nvidia-cudnn was changed by another package.

## How envsetup knows

Once torch is imported: the version that its cuDNN tells, against the one of `nvidia-cudnn-cu*` that its metadata pins: another
major, or an older minor. A package that isn't the one pinned is told by PY112 without an import.

## How to fix

- Start without LD_LIBRARY_PATH and see whether it goes away (safe)
- Reinstall the nvidia-cudnn package at the version that torch pins (safe)

## When to ignore

Never: convolutions fail or are wrong.

## Links

- <https://github.com/pytorch/pytorch/issues/119989>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Machine, Package, TorchRuntime
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import OTHERS

FIXES = (
    Fix(text="Start without LD_LIBRARY_PATH and see whether it goes away"),
    Fix(text="Reinstall the nvidia-cudnn package at the version that torch pins"),
)
PIN = re.compile(r"nvidia-cudnn-cu\d+\s*\(?==\s*(\d+)\.(\d+)")


@rule(
    code="CU104",
    slug="cudnn-version-incompatible",
    title="Runtime cuDNN is older than torch was built with",
    severity="error",
    unseen=OTHERS,
    symptoms=(
        Symptom(pattern=r"cuDNN version (?:incompatibility|mismatch)"),
        Symptom(
            pattern=r"PyTorch was compiled against[^\n]{1,40}but (?:found runtime version|linked against)"
        ),
        Symptom(
            pattern=r"CUDNN_STATUS_VERSION_MISMATCH|CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH",
            confidence="medium",
        ),
        Symptom(pattern=r"library: [\d.]{1,10} but source was compiled with"),
        Symptom(pattern=r"CUDNN_STATUS_NOT_INITIALIZED", confidence="low"),
        Symptom(pattern=r"cuDNN failed to initialize", confidence="medium"),
        Symptom(pattern=r"Found cuDNN version \d{3,6}, but .{1,30} built against"),
        Symptom(
            pattern=r"unable to find an engine to execute this computation|No execution plans support the graph|CUDNN_STATUS_(?:EXECUTION_FAILED|INTERNAL_ERROR|MAPPING_ERROR)",
            confidence="low",
        ),
    ),
    ask="`python -m pip list | grep cudnn` and `echo $LD_LIBRARY_PATH`: is another cuDNN found first?",
    fixes=FIXES,
)
def judge(
    torch_runtime: TorchRuntime, packages: tuple[Package, ...], machine: Machine
) -> Iterator[Draft]:
    running = _running(torch_runtime.libraries.get("cudnn", ""))
    pinned = _pinned(packages)
    if running is None or pinned is None or running[0] == pinned[0] and running >= pinned:
        return
    told, due = (".".join(map(str, version)) for version in (running, pinned))
    yield Draft(
        message=f"torch runs with cuDNN {told}, and was built with {due}.",
        evidence=(fact_evidence(machine, "torch_runtime", f"cuDNN {told}, pinned {due}"),),
        fixes=FIXES,
    )


def _running(number: str) -> tuple[int, int] | None:
    """91900 as 9.19, 8907 as 8.9: NVIDIA gave the major more room in version 9."""
    if not number.isdigit():
        return None
    divisor = 10_000 if int(number) >= 90_000 else 1_000
    return int(number) // divisor, int(number) % divisor // 100


def _pinned(packages: tuple[Package, ...]) -> tuple[int, int] | None:
    lines = (line for p in packages if p.name == "torch" for line in p.requires)
    found = next((m for line in lines if (m := PIN.match(line))), None)
    return (int(found.group(1)), int(found.group(2))) if found else None
