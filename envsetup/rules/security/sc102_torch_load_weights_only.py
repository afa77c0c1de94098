"""## What it means

Since 2.6 torch.load refuses pickled code by default.

## How it looks

```text
_pickle.UnpicklingError: Weights only load failed.
```

## Why it happens

The file holds more than tensors, or the guard is switched off by a variable.

## How envsetup knows

TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD is set.

## How to fix

- Name the classes: torch.serialization.add_safe_globals([…]) (safe)
- Use safetensors (safe)
- `unset TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD` (safe)

## When to ignore

For files of your own.

## Links

- <https://docs.pytorch.org/docs/stable/notes/serialization.html>
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
    Fix(text="Name the classes: torch.serialization.add_safe_globals([…])"),
    Fix(text="Use safetensors"),
    Fix(text="`unset TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD`"),
)


@rule(
    code="SC102",
    slug="torch-load-weights-only",
    title="Loading with weights_only is refused or switched off",
    severity="note",
    unseen=PROGRAM,
    symptoms=(
        Symptom(pattern="Weights only load failed"),
        Symptom(pattern="WeightsUnpickler error"),
        Symptom(pattern=r"torch\.load.{0,3} with .weights_only=False", confidence="low"),
        Symptom(pattern="was not an allowed global"),
        Symptom(pattern=r"\bsafe_globals\("),
    ),
    fixes=FIXES,
)
def judge(environment: dict[str, str], machine: Machine) -> Iterator[Draft]:
    name = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"
    if environment.get(name, "").lower() in ("1", "true", "y", "yes"):
        yield Draft(
            message=f"{name} lets every model file run code.",
            subject=name,
            evidence=(fact_evidence(machine, "environment", name),),
            fixes=FIXES[2:],
            severity="warning",
        )
