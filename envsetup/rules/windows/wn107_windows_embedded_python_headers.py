"""## What it means

The embeddable Python lacks Python.h and its import library, so nothing can be compiled against
it.

## How it looks

```text
error: include file 'Python.h' not found
UserWarning: Failed to find Python libs.
```

## Why it happens

Portable bundles ship the embeddable package.

## How envsetup knows

python3XX._pth lies beside python.exe, and Python.h isn't there. A note: only compiling needs it.

## How to fix

- Use a full Python of the same version, or copy its Include and libs folders beside python.exe
  (safe)

## When to ignore

Where nothing is compiled.

## Links

- <https://github.com/woct0rdho/triton-windows/issues/96>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, Python, TorchInstall, Windows
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (
    Fix(
        text=(
            "Use a full Python of the same version, or copy its Include and libs folders "
            "beside python.exe"
        )
    ),
)


@rule(
    code="WN107",
    slug="windows-embedded-python-headers",
    title="This embedded Python has no headers",
    severity="warning",
    unseen=PART,
    platforms=("windows",),
    symptoms=(
        Symptom(pattern=r"include file 'Python\.h' not found"),
        Symptom(pattern="Failed to find Python libs"),
        Symptom(pattern=r"cannot open file 'python3\d+\.lib'"),
        Symptom(pattern=r"(?:tcc|cl)\.exe\b.{0,300}cuda_utils\.c", confidence="medium"),
        Symptom(
            pattern=r"fatal error C1083.{0,100}Python\.h|Cannot open include file: .?Python\.h"
        ),
        Symptom(pattern=r"(?:tcc|cl)\.exe\b.{0,560}python_embed", confidence="medium"),
    ),
    fixes=FIXES,
)
def judge(
    windows: Windows, python: Python, torch: TorchInstall, machine: Machine
) -> Iterator[Draft]:
    if windows.embedded_python and python.has_headers is False:
        yield Draft(
            message=f"Python {python.version} is the embeddable package without headers: Triton and extensions of "
            f"torch {torch.version} can't be compiled.",
            evidence=(fact_evidence(machine, "windows", "python3XX._pth is there"),),
            fixes=FIXES,
            severity="note",
        )
