"""## What it means

PYTORCH_ALLOC_CONF or its older name holds a key or value that torch refuses or ignores.

## How it looks

```text
RuntimeError: Unrecognized CachingAllocator option: max_split_size
Unrecognized key 'max_split_size' in CUDA allocator config
UserWarning: expandable_segments not supported on this platform
```

## Why it happens

Keys are misspelt, copied for another release, or not made for Windows.

## How envsetup knows

The keys in PYTORCH_ALLOC_CONF, PYTORCH_CUDA_ALLOC_CONF and PYTORCH_HIP_ALLOC_CONF against those of torch 2.13: a near miss of a known key, a key without a value, or max_split_size_mb below 20 is a warning; other unknown keys (perhaps newer) and expandable_segments on Windows or WSL are notes.

## How to fix

- Correct the key, or unset the variable (safe)

## When to ignore

Where torch starts without complaint.

## Links

- <https://docs.pytorch.org/docs/stable/notes/cuda.html#optimizing-memory-usage-with-pytorch-cuda-alloc-conf>
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from envsetup.model import Fix, Known, Machine, Severity, TorchInstall, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import SETTINGS

FIXES = (Fix(text="Correct the key, or unset the variable"),)

VARIABLES = ("PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_HIP_ALLOC_CONF")
KEYS = (
    "backend",
    "expandable_segments",
    "garbage_collection_threshold",
    "graph_capture_record_stream_reuse",
    "large_segment_size_mb",
    "max_non_split_rounding_mb",
    "max_split_size_mb",
    "per_process_memory_fraction",
    "pinned_num_register_threads",
    "pinned_reserve_segment_size_mb",
    "pinned_use_background_threads",
    "pinned_use_cuda_host_register",
    "pinned_use_hip_host_register",
    "release_lock_on_cudamalloc",
    "release_lock_on_hipmalloc",
    "roundup_power2_divisions",
    "throw_on_cudamalloc_oom",
)
"""What torch 2.13 reads (AcceleratorAllocatorConfig and CUDAAllocatorConfig)."""
SMALLEST_SPLIT_MB = 20
"""torch refuses a smaller max_split_size_mb."""


def _pairs(value: str) -> list[tuple[str, str]]:
    """Key and value of each entry; lists in brackets are taken out first."""
    flat = re.sub(r"\[[^\[\]]*\]", "list", value)
    parts = [part.partition(":") for part in flat.split(",") if part.strip()]
    return [(key.strip(), given.strip()) for key, _, given in parts]


def _complaint(key: str, given: str, elsewhere: bool) -> tuple[str, Severity] | None:
    if key not in KEYS:
        near = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.8)
        if near:
            return f"torch knows no key {key!r}; {near[0]} is meant", "warning"
        return f"{key!r} is no key of torch 2.13", "note"
    if not given:
        return f"{key} has no value", "warning"
    if key == "max_split_size_mb" and given.isdecimal() and int(given[:9]) < SMALLEST_SPLIT_MB:
        return f"max_split_size_mb must be at least {SMALLEST_SPLIT_MB}", "warning"
    if key == "expandable_segments" and given == "True" and elsewhere:
        return "expandable_segments has no effect on Windows and WSL", "note"
    return None


@rule(
    code="CU115",
    slug="alloc-conf-invalid",
    title="The allocator's configuration is invalid or has no effect here",
    severity="warning",
    unseen=SETTINGS,
    symptoms=(
        Symptom(pattern=r"Unrecognized (?:CachingAllocator|CUDAAllocator|allocator) option"),
        Symptom(pattern=r"Unrecognized key \S{1,60} in \w{1,20} allocator config"),
        Symptom(pattern=r"expandable_segments not supported on this platform"),
        Symptom(pattern=r"(?:CachingAllocator|allocator) option max_split_size_mb too small"),
        Symptom(pattern=r"Error parsing CachingAllocator"),
        Symptom(pattern=r"expandable_segment_ INTERNAL ASSERT"),
        Symptom(pattern=r"PYTORCH_\w{2,5}_ALLOC_CONF is deprecated", confidence="medium"),
    ),
    ask="`env | grep ALLOC_CONF`",
    fixes=FIXES,
)
def judge(environment: dict[str, str], torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    if torch.build in ("cpu", "xpu", "mps"):
        return
    elsewhere = isinstance(machine.wsl, Known) or value_of(machine.os) == "windows"
    for name in VARIABLES:
        for key, given in _pairs(environment.get(name, "")):
            complaint = _complaint(key[:80], given, elsewhere)
            if complaint is not None:
                yield Draft(
                    message=f"{name}: {complaint[0]}.",
                    subject=f"{name} {key[:80]}",
                    evidence=(
                        fact_evidence(machine, "environment", f"{name}={environment[name][:200]}"),
                    ),
                    fixes=FIXES,
                    severity=complaint[1],
                )
