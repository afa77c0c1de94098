"""## What it means

One of several equal GPUs of this machine computes or copies clearly slower than the best of them.

## How it looks

- `cuda:3 is slower than its equals: product 641 TFLOP/s, the best of 8 NVIDIA H100 80GB HBM3 does 742 (14% less)`

## Why it happens

It is hotter, has a lower power limit, a bad seat or a failing cooler; or others use it.

## How envsetup knows

The check `throughput` (level deep) measured each device. Devices of the same name are compared, and one
that stays more than 10% below the best is named. Sound equals differ by a few percent (inferred from
published runs, not measured here).

## How to fix

1. Run the check alone on that device: `envsetup checks run throughput --device cuda:3 -v` (safe).
2. Compare temperature, clocks and power limits of the devices: `nvidia-smi -q -d TEMPERATURE,CLOCK,POWER` (safe).
3. Where it stays slow, take it out of service and have it looked at (root).

## When to ignore

Where other programs computed on that device during the run.

## Links

- <https://docs.nvidia.com/deploy/nvml-api/group__nvmlClocksEventReasons.html>
"""

from __future__ import annotations

from envsetup.model import Fix
from envsetup.rules import text_rule
from envsetup.rules.undecidable import DECIDED_OTHERWISE

text_rule(
    __name__,
    undecidable=DECIDED_OTHERWISE,
    code="CK102",
    slug="device-slower-than-its-equals",
    title="One of several equal GPUs is slower than the others",
    severity="warning",
    fixes=(
        Fix(
            text="Compare temperature, clocks and power limits of the devices",
            argv=("nvidia-smi", "-q", "-d", "TEMPERATURE,CLOCK,POWER"),
        ),
    ),
)
