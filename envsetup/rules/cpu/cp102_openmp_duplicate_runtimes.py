"""## What it means

Two copies of Intel's or LLVM's OpenMP were loaded; results and threads can go wrong, and the
second refuses to start.

## How it looks

```text
OMP: Error #15: Initializing libiomp5md.dll, but found libiomp5md.dll already initialized.
```

## Why it happens

Packages of two sources (Conda and pip) each bring one.

## How envsetup knows

The OpenMP libraries in the process after import.

## How to fix

- Take numpy, MKL and torch from one source, in a fresh environment (safe)
- pip: uninstall the second owner (`mkl`, `intel-openmp`) (safe)
- Conda: `conda install nomkl`, or llvm-openmp from the same channel (safe)

## When to ignore

libgomp beside libiomp5 on Linux, without a crash. The variable that the message proposes hides
the clash and may give wrong results.

## Links

- <https://github.com/meta-pytorch/csprng/issues/115>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    TorchRuntime,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import OTHERS

FIXES = (
    Fix(text="Take numpy, MKL and torch from one source, in a fresh environment"),
    Fix(text="pip: uninstall the second owner (`mkl`, `intel-openmp`)"),
    Fix(text="Conda: `conda install nomkl`, or llvm-openmp from the same channel"),
)

RUNTIMES = ("libiomp5", "libomp.")


@rule(
    code="CP102",
    slug="openmp-duplicate-runtimes",
    title="Two OpenMP runtimes in one process",
    severity="warning",
    unseen=OTHERS,
    symptoms=(
        Symptom(pattern="OMP: Error #15"),
        Symptom(pattern=r"found \w{0,12}omp\w{0,8}(?:\.\w{1,6})? already initialized"),
        Symptom(pattern="multiple copies of the OpenMP runtime"),
        Symptom(pattern=r"MKL_THREADING_LAYER=\w{1,10} is incompatible with \S{0,10}gomp"),
        Symptom(pattern=r"Found Intel OpenMP .{0,20}and LLVM OpenMP"),
        Symptom(pattern=r"libmkl_intel_thread\S{0,10}: undefined symbol: omp_"),
        Symptom(pattern=r"MKL FATAL ERROR: Cannot load", confidence="low"),
        Symptom(
            pattern=r"\blibi?omp5?\b.{0,30}\blibi?omp5?\b.{0,30}(?:loaded|initialized)",
            confidence="medium",
        ),
    ),
    ask="Which packages own a libiomp5 or libomp?",
    fixes=FIXES,
)
def judge(torch_runtime: TorchRuntime, machine: Machine) -> Iterator[Draft]:
    paths = sorted({one.path for one in torch_runtime.loaded if one.name.startswith(RUNTIMES)})
    if len(paths) > 1:
        yield Draft(
            message=f"{len(paths)} copies of OpenMP are loaded: {', '.join(paths)}.",
            evidence=(fact_evidence(machine, "torch_runtime", ", ".join(paths)),),
            fixes=FIXES,
        )
