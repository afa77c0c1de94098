"""## What it means

Other processes, or an earlier run that never ended, hold the GPU's memory.

## How it looks

```text
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.
Error 2: out of memory
```

## Why it happens

Another job or server, a notebook that still runs, an orphaned worker; or simply a model that is too large.

## How envsetup knows

NVML's or nvidia-smi's used memory above half of the total and above 1.5 GiB: a note, since a running job is no fault.

## How to fix

- See who holds it: `nvidia-smi`, `fuser -v /dev/nvidia*`; end what isn't needed (safe)
- Or use another GPU, a smaller batch or model (safe)

## When to ignore

Where the job is your own.

## Links

- <https://docs.pytorch.org/docs/stable/notes/faq.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PASSING

FIXES = (
    Fix(text="See who holds it: `nvidia-smi`, `fuser -v /dev/nvidia*`; end what isn't needed"),
    Fix(text="Or use another GPU, a smaller batch or model"),
)

FRACTION = 0.5
DESKTOP_BYTES = 3 * 2**29
"""What a desktop may hold: 1.5 GiB."""


@rule(
    code="GP110",
    slug="gpu-memory-occupied",
    title="Most of the GPU's memory is taken",
    severity="warning",
    unseen=PASSING,
    symptoms=(
        Symptom(pattern=r"CUDA out of memory", confidence="medium"),
        Symptom(pattern=r"torch\.(?:cuda\.)?OutOfMemoryError", confidence="medium"),
        Symptom(
            pattern=r"CUDA error: out of memory|cudaErrorMemoryAllocation|CUDA_ERROR_OUT_OF_MEMORY",
            confidence="medium",
        ),
        Symptom(
            pattern=r"Free memory on device .{0,60}is less than desired GPU memory utilization"
        ),
        Symptom(pattern=r"cudaGetDeviceCount\(\).{0,200}Error 2: out of memory"),
        Symptom(pattern=r"CUBLAS_STATUS_ALLOC_FAILED", confidence="medium"),
        Symptom(pattern=r"CUBLAS_STATUS_NOT_INITIALIZED", confidence="low"),
        Symptom(pattern=r"NVML_SUCCESS == r\b", confidence="medium"),
        Symptom(pattern=r"Cuda failure \W{0,2}(?:2 )?\W{0,2}out of memory", confidence="medium"),
    ),
    ask="`nvidia-smi`: which processes hold memory before the program starts?",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    for gpu in gpus:
        used, total = gpu.memory_used_bytes, gpu.memory_total_bytes
        if gpu.integrated or not used or not total:
            continue
        if used > FRACTION * total and used > DESKTOP_BYTES:
            name = gpu.name or "the GPU"
            share = f"{used / 2**30:.1f} of {total / 2**30:.1f} GiB"
            yield Draft(
                message=f"On {name} (GPU {gpu.index}) {share} are taken already.",
                subject=f"gpu {gpu.index}",
                evidence=(fact_evidence(machine, "gpus", f"{name}: {share}"),),
                fixes=FIXES,
                severity="note",
            )
