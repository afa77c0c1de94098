"""## What it means

Without its limit MPS may take all of the Mac's memory and freeze it.

## How it looks

```text
RuntimeError: MPS backend out of memory … Use PYTORCH_MPS_HIGH_WATERMARK_RATIO=0.0 to disable upper limit
```

## Why it happens

The message itself proposes the switch.

## How envsetup knows

The variable PYTORCH_MPS_HIGH_WATERMARK_RATIO is 0.

## How to fix

- Smaller batches (safe)
- `unset PYTORCH_MPS_HIGH_WATERMARK_RATIO` (safe)

## When to ignore

For a short experiment.

## Links

- <https://docs.pytorch.org/docs/stable/mps_environment_variables.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PROGRAM

FIXES = (
    Fix(text="Use smaller batches"),
    Fix(text="`unset PYTORCH_MPS_HIGH_WATERMARK_RATIO`"),
)


@rule(
    code="MC106",
    slug="mac-mps-watermark",
    title="The MPS memory limit is switched off",
    severity="warning",
    unseen=PROGRAM,
    platforms=("macos",),
    symptoms=(
        Symptom(pattern="MPS backend out of memory"),
        Symptom(pattern="PYTORCH_MPS_HIGH_WATERMARK_RATIO"),
        Symptom(pattern="invalid (?:low|high) watermark ratio"),
        Symptom(pattern=r"Invalid buffer size: [\d.]{1,8} [GMT]i?B"),
    ),
    fixes=FIXES,
)
def judge(environment: dict[str, str], machine: Machine) -> Iterator[Draft]:
    value = environment.get("PYTORCH_MPS_HIGH_WATERMARK_RATIO")
    if value is not None and value.strip() in ("0", "0.0"):
        yield Draft(
            message="PYTORCH_MPS_HIGH_WATERMARK_RATIO is 0: nothing limits what MPS takes.",
            subject="PYTORCH_MPS_HIGH_WATERMARK_RATIO",
            evidence=(fact_evidence(machine, "environment", value),),
            fixes=FIXES,
        )
