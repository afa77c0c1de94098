"""## What it means

A check passed, and saw something that deserves a look: a device that is slow, or a way to compute that is
wrong and that torch doesn't choose by itself.

## How it looks

- `throughput on cuda:0: bfloat16 product at 251 TFLOP/s is 25% of the peak 989: a sound device reaches 40%`
- `attention on cuda:0: a backend that torch doesn't choose here is wrong: plain CUDNN_ATTENTION ...`

## Why it happens

A slow device is hot, limited in power, or sick. A backend that is wrong only where it is forced is a fault
of one release of cuDNN or torch.

## How envsetup knows

The check computed on the device and compared. The line names what it measured, and `-v` shows all of it.

## How to fix

1. Run the check again when nothing else uses the device: `envsetup checks run throughput -v` (safe).
2. Look at temperature, clocks and power: `nvidia-smi -q -d PERFORMANCE,POWER,TEMPERATURE,CLOCK` (safe).
3. Don't force the backend that is wrong, or take another release of torch (safe).

## When to ignore

Where you know why the device is slow, such as a laptop on its battery, and where you don't force the backend.

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
    code="CK101",
    slug="check-warning",
    title="A check passed and saw something that deserves a look",
    severity="warning",
    fixes=(
        Fix(text="Run the check again when nothing else uses the device"),
        Fix(
            text="Look at temperature, clocks and power",
            argv=("nvidia-smi", "-q", "-d", "PERFORMANCE,POWER,TEMPERATURE,CLOCK"),
        ),
    ),
)
