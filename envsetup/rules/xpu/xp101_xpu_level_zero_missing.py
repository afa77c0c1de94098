"""## What it means

The XPU build reaches the GPU through Level Zero, which isn't installed.

## How it looks

```text
UserWarning: Can't initialize Level Zero Sysman
OSError: Intel GPU driver is not properly installed
```

## Why it happens

The loader and the compute driver are separate packages on Linux.

## How envsetup knows

An Intel GPU, an XPU build, and no Level Zero loader.

## How to fix

- Ubuntu: `sudo apt install libze-intel-gpu1 libze1 intel-opencl-icd` (root)
- Windows: the current Intel graphics driver (root)

## When to ignore

With another build.

## Links

- <https://docs.pytorch.org/docs/stable/notes/get_start_xpu.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Absent,
    Fix,
    Gpu,
    Machine,
    TorchInstall,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="Ubuntu: `sudo apt install libze-intel-gpu1 libze1 intel-opencl-icd`", safety="root"),
    Fix(text="Windows: the current Intel graphics driver", safety="root"),
)


@rule(
    code="XP101",
    slug="xpu-level-zero-missing",
    title="Intel's Level Zero driver is missing",
    severity="error",
    unseen="the driver below the loader isn't tried",
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern="Can't initialize Level Zero"),
        Symptom(pattern="Intel GPU driver is not properly installed"),
        Symptom(pattern=r"libze_loader\S{0,8}.{0,60}cannot open"),
        Symptom(pattern=r"torch\.xpu\.is_available\(\)\W{0,20}False", confidence="low"),
        Symptom(pattern="No XPU devices are available", confidence="medium"),
        Symptom(pattern="XPU device count is zero"),
        Symptom(pattern="No device of requested type available"),
        Symptom(pattern="DPCPP Device count is zero"),
        Symptom(pattern=r"libur_adapter_level_zero\S{0,12} ?.{0,10}undefined symbol: ze"),
        Symptom(pattern="RuntimeError: UR error", confidence="medium"),
        Symptom(pattern=r"No XPU devices? (?:was |were )?(?:found|detected)"),
        Symptom(pattern=r"level_zero/ze_api\.h"),
        Symptom(pattern=r"intel[-_]ext\S{0,20}\.dll", confidence="medium"),
    ),
    ask="Does `ldconfig -p | grep ze_loader` find the loader? Is torch an +xpu build?",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    intel = [g for g in gpus if g.vendor == "intel"]
    if torch.build == "xpu" and intel and isinstance(machine.level_zero, Absent):
        yield Draft(
            message="torch is an XPU build, but Intel's Level Zero loader isn't installed.",
            evidence=(fact_evidence(machine, "torch", torch.version),),
            fixes=FIXES,
        )
