"""## What it means

The GPU passes as another architecture; with the wrong family it crashes or computes wrongly.

## How it looks

```text
HSA_STATUS_ERROR_INVALID_ISA
Memory access fault by GPU node-1
```

## Why it happens

The variable stays in a profile after the GPU or the build changed.

## How envsetup knows

The variable against the GPU's real target.

## How to fix

- `unset HSA_OVERRIDE_GFX_VERSION` where the build supports the GPU (safe)
- Else name a target of the same family (safe)

## When to ignore

Same family, and the checks pass.

## Links

- <https://github.com/ROCm/ROCm/issues/2216>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Gpu,
    Machine,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import SETTINGS

FIXES = (
    Fix(text="`unset HSA_OVERRIDE_GFX_VERSION` where the build supports the GPU"),
    Fix(text="Else name a target of the same family"),
)


@rule(
    code="RO103",
    slug="rocm-override-set",
    title="HSA_OVERRIDE_GFX_VERSION is set",
    severity="warning",
    unseen=SETTINGS,
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern="HSA_STATUS_ERROR_INVALID_ISA"),
        Symptom(pattern="HSA_OVERRIDE_GFX_VERSION", confidence="medium"),
        Symptom(pattern="Memory access fault by GPU node", confidence="medium"),
        Symptom(
            pattern="Memory critical error by agent node|HSA_STATUS_ERROR_MEMORY_APERTURE_VIOLATION",
            confidence="medium",
        ),
    ),
    fixes=FIXES,
)
def judge(environment: dict[str, str], gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    value = environment.get("HSA_OVERRIDE_GFX_VERSION")
    targets = [g.gfx.partition(":")[0] for g in gpus if g.vendor == "amd" and g.gfx]
    parts = (value or "").split(".")
    if not targets or len(parts) != 3 or not all(p.isdigit() for p in parts):
        return
    family = f"gfx{parts[0]}{parts[1]}"
    foreign = [t for t in targets if not t.startswith(family)]
    if foreign:
        yield Draft(
            message=f"HSA_OVERRIDE_GFX_VERSION={value} makes {foreign[0]} pass as another family.",
            subject="HSA_OVERRIDE_GFX_VERSION",
            evidence=(fact_evidence(machine, "environment", value),),
            fixes=FIXES,
        )
