"""## What it means

torch.compile needs Triton for GPUs and Microsoft's compiler; neither comes with torch on
Windows.

## How it looks

```text
RuntimeError: Cannot find a working triton installation.
RuntimeError: Compiler: cl is not found.
RuntimeError: Failed to find C compiler. Please specify via CC environment variable.
```

## Why it happens

torch's Windows wheels don't depend on triton.

## How envsetup knows

On Windows, a CUDA build and no triton distribution.

## How to fix

- `pip install triton-windows` in the version that fits torch (safe)
- Start from the `x64 Native Tools Command Prompt` (Build Tools for C++) (root)

## When to ignore

Where nothing is compiled.

## Links

- <https://github.com/pytorch/pytorch/issues/90768>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    Package,
    TorchInstall,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="`pip install triton-windows` in the version that fits torch"),
    Fix(
        text="Start from the `x64 Native Tools Command Prompt` (Build Tools for C++)", safety="root"
    ),
)

TRITONS = ("triton", "triton-windows", "pytorch-triton")


@rule(
    code="WN106",
    slug="windows-triton-missing",
    title="torch.compile on Windows without Triton or a compiler",
    severity="warning",
    unseen="whether cl is there isn't read",
    platforms=("windows",),
    symptoms=(
        Symptom(pattern="Compiler: cl is not found"),
        Symptom(pattern="triton-windows", confidence="medium"),
        Symptom(
            pattern=r"(?:\.exe|[a-z]:\\|Windows).{0,500}Failed to find C compiler|Failed to find C compiler.{0,300}(?:\.exe|[a-z]:\\|Windows)"
        ),
        Symptom(pattern="Failed to find C compiler", confidence="low"),
        Symptom(pattern="Cannot find a working triton installation", confidence="low"),
        Symptom(pattern=r"No matching distribution found for triton\b", confidence="medium"),
        Symptom(pattern=r"triton.{0,300}WinError 5\]", confidence="medium"),
        Symptom(pattern=r"'where', 'cl'|compiler version for cl\b|'cl' is not recognized"),
    ),
    excludes=("/usr/|/home/|x86_64-linux",),
    ask=("Is this Windows? Is triton-windows installed, and does `where cl` find a compiler?"),
    fixes=FIXES,
)
def judge(torch: TorchInstall, packages: tuple[Package, ...], machine: Machine) -> Iterator[Draft]:
    if not (torch.build or "").startswith("cu") or any(p.name in TRITONS for p in packages):
        return
    yield Draft(
        message="There is no Triton, so torch.compile can't use the GPU.",
        evidence=(fact_evidence(machine, "torch", torch.version),),
        fixes=FIXES,
        severity="note",
    )
