"""## What it means

The GPU runs below its clock since it is too hot or its supply gives too little.

## How it looks

```text
HW Thermal Slowdown : Active
HW Power Brake Slowdown : Active
```

## Why it happens

Dust, a failed fan, a hot room, a missing power cable, a laptop on battery.

## How envsetup knows

NVML's reasons for reduced clocks: hardware thermal slowdown or power brake are a warning, software thermal and a plain hardware slowdown a note. Idle and the everyday power cap count as nothing.

## How to fix

- Look to fans, dust and airflow; check the power cables (safe)

## When to ignore

For a moment, or on a laptop's battery.

## Links

- <https://docs.nvidia.com/deploy/nvml-api/group__nvmlClocksEventReasons.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PASSING

FIXES = (Fix(text="Look to fans, dust and airflow; check the power cables"),)

HARD = {"hw-thermal", "power-brake"}


@rule(
    code="GP105",
    slug="gpu-throttled",
    title="The GPU is slowed down by heat or power",
    severity="warning",
    unseen=PASSING,
    platforms=(
        "linux",
        "windows",
    ),
    symptoms=(
        Symptom(pattern=r"HW (?:Thermal|Power Brake) Slowdown ?: Active"),
        Symptom(pattern=r"(?:HW Slowdown|SW Thermal Slowdown) ?: Active", confidence="medium"),
    ),
    ask="`nvidia-smi -q -d PERFORMANCE,TEMPERATURE` under load",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    for gpu in gpus:
        reasons = gpu.health.throttle_reasons if gpu.health else ()
        if not reasons:
            continue
        name = gpu.name or "the GPU"
        heat = gpu.health.temperature_celsius if gpu.health else None
        at = f" at {heat} °C" if heat is not None else ""
        yield Draft(
            message=f"{name} (GPU {gpu.index}) is slowed down{at}: {', '.join(reasons)}.",
            subject=f"gpu {gpu.index}",
            evidence=(fact_evidence(machine, "gpus", f"{name}: " + ", ".join(reasons)),),
            fixes=FIXES,
            severity="warning" if HARD.intersection(reasons) else "note",
        )
