"""## What it means

The variable leaves torch no GPU, or names one that is not there.

## How it looks

```text
RuntimeError: No CUDA GPUs are available
RuntimeError: CUDA error: invalid device ordinal
```

## Why it happens

The variable is empty, -1, or holds an index or UUID of another machine; a job scheduler or a launcher set it. CUDA drops the first entry that it can't use and all after it.

## How envsetup knows

The variable's entries against the number and the UUIDs of the NVIDIA GPUs, for a CUDA build of torch.

## How to fix

- Print it: `python -c 'import os; print(os.environ.get("CUDA_VISIBLE_DEVICES"))'`; unset or correct it before Python starts (safe)
- Set it before anything imports torch (safe)

## When to ignore

Where the CPU is meant.

## Links

- <https://developer.nvidia.com/blog/cuda-pro-tip-control-gpu-visibility-cuda_visible_devices/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine, TorchInstall, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import SETTINGS

FIXES = (
    Fix(
        text="Print it: `python -c 'import os; print(os.environ.get(\"CUDA_VISIBLE_DEVICES\"))'`; unset or correct it before Python starts"
    ),
    Fix(text="Set it before anything imports torch"),
)

NONE_OF_THEM = ("", "-1", "NoDevFiles")


def _trouble(value: str, gpus: tuple[Gpu, ...]) -> str | None:
    """What is wrong with the value, None where every entry names a GPU."""
    if value.strip() in NONE_OF_THEM:
        return "hides every GPU"
    entries = [entry.strip() for entry in value.split(",")]
    for entry in entries:
        if entry in NONE_OF_THEM:
            return f"ends its list at {entry!r}; what follows is dropped"
        if (why := _unknown(entry, gpus)) is not None:
            return f"{why}; this entry and what follows are dropped"
    twice = len(set(entries)) < len(entries)
    return "names a GPU twice, which CUDA refuses" if twice else None


def _unknown(entry: str, gpus: tuple[Gpu, ...]) -> str | None:
    """Why an entry names no GPU of this machine, None where it does or nothing tells."""
    if entry.isascii() and entry.isdigit():
        there = f"{len(gpus)} NVIDIA GPU{'s' if len(gpus) != 1 else ''}"
        return f"names GPU {entry} of {there}" if int(entry[:9]) >= len(gpus) else None
    if entry.startswith("MIG-"):
        off = all(g.mig is False for g in gpus)
        return f"names {entry[:12]}…, and no GPU is in MIG mode" if off else None
    if entry.startswith("GPU-"):
        told = [g.uuid for g in gpus if g.uuid]
        unknown = len(told) == len(gpus) and not any(u.startswith(entry) for u in told)
        return f"names {entry[:12]}…, which is no GPU of this machine" if unknown else None
    return f"holds {entry[:20]!r}, which is neither an index nor a UUID"


@rule(
    code="CU112",
    slug="visible-devices-wrong",
    title="CUDA_VISIBLE_DEVICES hides or misnames GPUs",
    severity="warning",
    unseen=SETTINGS,
    symptoms=(
        Symptom(pattern=r"No CUDA GPUs are available", confidence="medium"),
        Symptom(pattern=r"invalid device ordinal"),
        Symptom(
            pattern=r"CUDA_ERROR_NO_DEVICE|no CUDA-capable device is detected", confidence="medium"
        ),
        Symptom(
            pattern=r"Attempting to deserialize object on CUDA device \d{1,4}", confidence="medium"
        ),
        Symptom(pattern=r"\bcudaErrorNoDevice\b", confidence="medium"),
        Symptom(pattern=r"AssertionError: Invalid device id"),
        Symptom(pattern=r"device < num_gpus\W{0,4}INTERNAL ASSERT"),
        Symptom(pattern=r"You requested gpus?: \[[^\]]{0,60}\]\W{0,3}But your machine only has"),
        Symptom(pattern=r"Ray does not allocate any GPUs", confidence="medium"),
        Symptom(
            pattern=r"cuInit[^\n]{0,40}\b100\b|CUDA_ERROR_INVALID_DEVICE\b|\bcudaErrorInvalidDevice\b",
            confidence="medium",
        ),
        Symptom(pattern=r"Duplicate GPU detected"),
        Symptom(
            pattern=r"\bcuda.{0,80}(?:error|err|failure|code|returned)\W{0,4}100\b|\bcuda.{0,80}(?:error|err|failure|code|returned)\W{0,4}101\b",
            confidence="medium",
        ),
        Symptom(pattern="CUDA_VISIBLE_DEVICES ?= ?['\\\"]?-1\\b", confidence="medium"),
    ),
    ask="`echo $CUDA_VISIBLE_DEVICES`; `nvidia-smi -L`: does it name a GPU of this machine?",
    fixes=FIXES,
)
def judge(
    environment: dict[str, str], gpus: tuple[Gpu, ...], torch: TorchInstall, machine: Machine
) -> Iterator[Draft]:
    value = environment.get("CUDA_VISIBLE_DEVICES")
    mine = tuple(g for g in gpus if g.vendor == "nvidia")
    if value is None or not mine or torch.build in ("cpu", "xpu", "mps") or torch.hip is not None:
        return
    trouble = _trouble(value, mine)
    if trouble is not None:
        yield Draft(
            message=f"CUDA_VISIBLE_DEVICES={value[:80]!r} {trouble}.",
            subject="CUDA_VISIBLE_DEVICES",
            evidence=(
                fact_evidence(machine, "environment", f"CUDA_VISIBLE_DEVICES={value[:200]}"),
                fact_evidence(machine, "gpus", f"{len(mine)} NVIDIA"),
            ),
            fixes=FIXES,
            severity="error" if _leaves_none(value, machine) else None,
        )


def _leaves_none(value: str, machine: Machine) -> bool:
    """GPUs were asked for, and torch got none; hiding all of them is a wish."""
    runtime = value_of(machine.torch_runtime)
    seen = None if runtime is None else runtime.cuda_available
    return seen is False and value.strip() not in NONE_OF_THEM
