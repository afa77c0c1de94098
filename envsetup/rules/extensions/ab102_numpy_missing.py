"""## What it means

torch works without NumPy, but `.numpy()` and from_numpy don't.

## How it looks

```text
UserWarning: Failed to initialize NumPy: No module named 'numpy'
RuntimeError: Numpy is not available
```

## Why it happens

torch doesn't require it.

## How envsetup knows

No numpy among the packages.

## How to fix

- `pip install numpy` (safe)

## When to ignore

Where no code uses it.

## Links

- <https://github.com/sniklaus/pytorch-unflow/issues/17>
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

FIXES = (Fix(text="`pip install numpy`"),)


@rule(
    code="AB102",
    slug="numpy-missing",
    title="NumPy isn't installed",
    severity="note",
    symptoms=(
        Symptom(pattern="Failed to initialize NumPy: No module named"),
        Symptom(pattern=r"No module named '?numpy(?![\w.])"),
        Symptom(pattern="Numpy is not available", confidence="low"),
    ),
    fixes=FIXES,
)
def judge(packages: tuple[Package, ...], torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    if machine.packages.source.kind != "text" and not any(  # type: ignore[union-attr]
        p.name in ("numpy", "numpy-base") for p in packages
    ):
        yield Draft(
            message="NumPy isn't installed: tensors can't become arrays.",
            evidence=(fact_evidence(machine, "torch", torch.version),),
            fixes=FIXES,
        )
