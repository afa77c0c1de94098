"""## What it means

Extensions that are built here won't run here.

## How it looks

```text
RuntimeError: CUDA error: no kernel image is available for execution on the device, right after a successful build.
```

## Why it happens

The variable came with an image or was set for another machine.

## How envsetup knows

The variable's entries, with their PTX, against the compute capability of each NVIDIA GPU: a warning where nvcc is there to build with, otherwise a note.

## How to fix

- Unset TORCH_CUDA_ARCH_LIST or add the GPU's capability, then rebuild the extension (safe)

## When to ignore

Where this machine builds for others.

## Links

- <https://github.com/nerfstudio-project/gsplat/issues/1053>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.knowledge import Knowledge, covers, identify
from envsetup.knowledge.arch import TEGRA_CAPABILITIES
from envsetup.model import Fix, Gpu, Known, Machine, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import BUILDS

FIXES = (
    Fix(text="Unset TORCH_CUDA_ARCH_LIST or add the GPU's capability, then rebuild the extension"),
)

NAMED = {
    "maxwell": "5.0 5.2+PTX",
    "pascal": "6.0 6.1+PTX",
    "volta": "7.0+PTX",
    "turing": "7.5+PTX",
    "ampere": "8.0 8.6+PTX",
    "ada": "8.9+PTX",
    "hopper": "9.0+PTX",
    "blackwell": "10.0 10.3 12.0 12.1+PTX",
}
"""Names that torch.utils.cpp_extension takes for lists."""
ENTRY = re.compile(r"(\d{1,2}\.\d[af]?)(\+PTX)?")


def _listed(value: str) -> tuple[list[str], list[str]] | None:
    """Architectures and those with PTX; None where an entry isn't understood."""
    archs: list[str] = []
    ptx: list[str] = []
    words = value.replace(";", " ").split()
    for word in " ".join(NAMED.get(w.lower(), w) for w in words).split():
        entry = ENTRY.fullmatch(word)
        if entry is None:
            return None
        archs.append(entry.group(1))
        ptx += [entry.group(1)] if entry.group(2) else []
    return archs, ptx


@rule(
    code="AR104",
    slug="arch-list-env-wrong",
    title="TORCH_CUDA_ARCH_LIST leaves out the GPU of this machine",
    severity="warning",
    unseen=BUILDS,
    platforms=(
        "linux",
        "windows",
    ),
    symptoms=(
        Symptom(
            pattern=r"TORCH_CUDA_ARCH_LIST[^\n]{0,200}(?:does not|doesn't) (?:include|contain|support)",
            confidence="medium",
        ),
        Symptom(
            pattern=r"Unknown CUDA arch \([^)]{1,40}\) or GPU not supported", confidence="high"
        ),
        Symptom(pattern=r"nvcc fatal *: Unsupported gpu architecture", confidence="medium"),
        Symptom(
            pattern=r"CUDA (?:driver )?error: invalid device function|error \(8\) : invalid device function|cudaErrorInvalidDeviceFunction",
            confidence="low",
        ),
        Symptom(pattern=r"is not defined for option 'gpu-architecture", confidence="medium"),
        Symptom(pattern=r"No supported CUDA architectures found", confidence="medium"),
    ),
    ask="`echo $TORCH_CUDA_ARCH_LIST`; `nvidia-smi --query-gpu=compute_cap --format=csv`",
    fixes=FIXES,
)
def judge(
    environment: dict[str, str],
    gpus: tuple[Gpu, ...],
    torch: TorchInstall,
    machine: Machine,
    knowledge: Knowledge,
) -> Iterator[Draft]:
    value = environment.get("TORCH_CUDA_ARCH_LIST", "")
    listed = _listed(value)
    if torch.cuda is None or not listed or not listed[0]:
        return
    for gpu in gpus:
        own = identify(gpu, knowledge).compute_capability
        if gpu.vendor != "nvidia" or not own or own in TEGRA_CAPABILITIES:
            continue
        if not covers(own, *listed):
            yield Draft(
                message=f"TORCH_CUDA_ARCH_LIST={value[:80]} leaves out {gpu.name or 'the GPU'} ({own}).",
                subject=f"gpu {gpu.index}",
                evidence=(
                    fact_evidence(machine, "environment", f"TORCH_CUDA_ARCH_LIST={value[:200]}"),
                    fact_evidence(machine, "gpus", f"{gpu.name}: {own}"),
                ),
                fixes=FIXES,
                severity="warning" if isinstance(machine.cuda_toolkit, Known) else "note",
            )
