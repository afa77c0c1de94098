r"""## What it means

setvars.sh puts another SYCL runtime before the wheel's.

## How it looks

```text
ImportError: libsycl.so.8: undefined symbol
OSError: [WinError 127] … Error loading "…\torch\lib\c10_xpu.dll"
```

## Why it happens

oneAPI was activated in the shell; only building needs it.

## How envsetup knows

SETVARS_COMPLETED or ONEAPI_ROOT is set with an XPU wheel.

## How to fix

- Start a clean shell without setvars (safe)

## When to ignore

For a torch built from source.

## Links

- <https://docs.pytorch.org/docs/stable/notes/get_start_xpu.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    TorchInstall,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import SETTINGS

FIXES = (Fix(text="Start a clean shell without setvars"),)


@rule(
    code="XP103",
    slug="xpu-oneapi-env-conflict",
    title="A sourced oneAPI clashes with the wheel's runtime",
    severity="warning",
    unseen=SETTINGS,
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern=r"libsycl\.so\S*.{0,20}(?:undefined symbol|cannot open)"),
        Symptom(pattern=r"c10_xpu\.dll"),
        Symptom(pattern="undefined symbol.{0,60}sycl"),
        Symptom(pattern=r"libur_loader\S*.{0,30}undefined symbol"),
        Symptom(pattern="Native API failed", confidence="medium"),
        Symptom(pattern=r"LIBUR_LOADER_[\d.]{1,8}.? not found"),
        Symptom(
            pattern=r"lib(?:mkl_sycl\w{0,20}|svml|imf|intlc)\.so\S{0,6} ?.{0,10}cannot open",
            confidence="medium",
        ),
        Symptom(pattern="level_zero backend failed", confidence="medium"),
        Symptom(pattern=r"\bsycl\d?\.dll"),
    ),
    fixes=FIXES,
)
def judge(environment: dict[str, str], torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    if torch.build == "xpu" and torch.official and environment.get("SETVARS_COMPLETED") == "1":
        yield Draft(
            message="oneAPI's setvars is active in this shell; the XPU wheel brings its own runtime.",
            subject="SETVARS_COMPLETED",
            evidence=(fact_evidence(machine, "environment", "SETVARS_COMPLETED=1"),),
            fixes=FIXES,
            confidence="medium",
        )
