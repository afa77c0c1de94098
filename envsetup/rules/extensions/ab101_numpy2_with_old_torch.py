"""## What it means

This torch (or another compiled package) was built against NumPy 1 and can't talk to NumPy 2.

## How it looks

```text
A module that was compiled using NumPy 1.x cannot be run in NumPy 2.0.2 as it may crash.
UserWarning: Failed to initialize NumPy: _ARRAY_API not found
RuntimeError: Numpy is not available
```

## Why it happens

Nothing in old torch wheels forbids NumPy 2. torch 2.3 is the first for it (2.4.1 on Windows).

## How envsetup knows

NumPy 2 beside a torch that is older.

## How to fix

- `pip install "numpy<2"` (safe)
- Or a newer torch: `pip install -U torch` (safe)

## When to ignore

For builds of your own against NumPy 2.

## Links

- <https://github.com/pytorch/pytorch/issues/135013>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    Package,
    TorchInstall,
    value_of,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import OTHERS

FIXES = (
    Fix(text='`pip install "numpy<2"`'),
    Fix(text="Or a newer torch: `pip install -U torch`"),
)


@rule(
    code="AB101",
    slug="numpy2-with-old-torch",
    title="NumPy 2 with a torch built for NumPy 1",
    severity="error",
    unseen=OTHERS,
    symptoms=(
        Symptom(pattern=r"compiled using NumPy 1\.x"),
        Symptom(pattern="_ARRAY_API not found"),
        Symptom(pattern="Numpy is not available", confidence="medium"),
        Symptom(pattern=r"Could not infer dtype of numpy\."),
        Symptom(
            pattern=r"numpy\.(?:dtype|ndarray|ufunc|flatiter) size changed", confidence="medium"
        ),
        Symptom(
            pattern=r"numpy\._?core\.(?:multiarray|umath) failed to import", confidence="medium"
        ),
        Symptom(
            pattern=r"compiled against (?:ABI|API) version 0x\w{1,8} but this version of numpy is",
            confidence="medium",
        ),
        Symptom(pattern=r"was removed in the NumPy 2\.0 release", confidence="medium"),
        Symptom(pattern=r"No module named '?numpy\._?core", confidence="medium"),
        Symptom(pattern=r"expected np\.ndarray \(got numpy\.ndarray\)"),
        Symptom(
            pattern=r"module 'numpy' has no attribute '_no_nep50_warning'|cannot import name 'ComplexWarning' from 'numpy",
            confidence="medium",
        ),
        Symptom(pattern=r"PyTorch was compiled without NumPy support", confidence="medium"),
        Symptom(pattern=r"initialization of _internal failed without raising", confidence="medium"),
        Symptom(
            pattern=r"module 'numpy' has no attribute '(?:bool|int|float|object|str|long)'",
            confidence="low",
        ),
        Symptom(
            pattern=r"you should not try to import numpy from its source directory",
            confidence="low",
        ),
        Symptom(
            pattern=r"\bnumpy ?(?:<|>=?) ?2\b.{0,60}(?:torch|not compatible|incompatible)",
            confidence="medium",
        ),
        Symptom(pattern=r"object __array__ method not producing an array", confidence="medium"),
        Symptom(
            pattern=r"A NumPy version >=\S{1,12} and <\S{1,12} is required", confidence="medium"
        ),
        Symptom(pattern=r"downgrade to 'numpy<2'"),
        Symptom(pattern=r"cannot load module more than once per process"),
    ),
    excludes=(r"No module named '?numpy(?![\w.])",),
    suppresses=("AB102",),
    ask="`pip list`: numpy 2 beside torch before 2.3?",
    fixes=FIXES,
)
def judge(torch: TorchInstall, packages: tuple[Package, ...], machine: Machine) -> Iterator[Draft]:
    numpy = next((p for p in packages if p.name == "numpy" and p.manager == "pip"), None)
    numpy = numpy or next((p for p in packages if p.name in ("numpy", "numpy-base")), None)
    runs = value_of(machine.torch_runtime)
    if numpy is None or not numpy.version.startswith("2."):
        return
    floor = (2, 4, 1) if value_of(machine.os) == "windows" else (2, 3, 0)
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", torch.version)
    if not found or tuple(int(n or 0) for n in found.groups()) >= floor:
        return
    told = " ".join(runs.warnings) if runs is not None else ""
    yield Draft(
        message=f"NumPy {numpy.version} beside torch {torch.version}, which was built for NumPy 1.",
        subject="numpy",
        evidence=(fact_evidence(machine, "torch", torch.version),),
        fixes=FIXES,
        confidence="high" if "NumPy" in told or torch.official else "medium",
    )
