"""## What it means

The GPU is set so that only one process, or no process at all, may compute on it.

## How it looks

```text
RuntimeError: CUDA error: all CUDA-capable devices are busy or unavailable
RuntimeError: CUDA error: CUDA-capable device(s) is/are busy or unavailable
```

## Why it happens

An administrator or a batch system set Exclusive_Process or Prohibited.

## How envsetup knows

NVML's compute mode: Prohibited on every NVIDIA GPU is a warning, else a note; exclusive modes are a note, since one process still works.

## How to fix

- `sudo nvidia-smi -c 0` (Default) (root)
- Or run one process a GPU, or several under MPS (safe)

## When to ignore

By a cluster's policy, with one process a GPU.

## Links

- <https://github.com/pytorch/pytorch/issues/3871>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="`sudo nvidia-smi -c 0` (Default)", safety="root"),
    Fix(text="Or run one process a GPU, or several under MPS"),
)


@rule(
    code="GP108",
    slug="gpu-exclusive-mode",
    title="The compute mode admits one process or none",
    severity="warning",
    unseen="another process can hold the GPU",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"CUDA-capable device\(?s\)? (?:is/)?are busy or unavailable"),
        Symptom(pattern=r"cudaErrorDevicesUnavailable|CUDA_ERROR_DEVICE_UNAVAILABLE"),
        Symptom(pattern=r"setDevice\(\) on prohibited device|cudaErrorProhibited\w{0,10}"),
        Symptom(
            pattern=r"exclusive-thread device already in use|cudaErrorDeviceAlreadyInUse|CUDA_ERROR_DEVICE_ALREADY_IN_USE"
        ),
        Symptom(
            pattern=r"MPS client failed to connect|cudaErrorMps\w{1,30}|CUDA_ERROR_MPS_",
            confidence="medium",
        ),
    ),
    ask="`nvidia-smi --query-gpu=compute_mode --format=csv`; is another process on the GPU?",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    mine = [g for g in gpus if g.vendor == "nvidia"]
    shut = bool(mine) and all(g.compute_mode == "Prohibited" for g in mine)
    for gpu in mine:
        if gpu.compute_mode and gpu.compute_mode != "Default":
            name = gpu.name or "the GPU"
            yield Draft(
                message=f"{name} (GPU {gpu.index}) is in compute mode {gpu.compute_mode}.",
                subject=f"gpu {gpu.index}",
                evidence=(fact_evidence(machine, "gpus", f"{name}: {gpu.compute_mode}"),),
                fixes=FIXES,
                severity="warning" if shut else "note",
            )
