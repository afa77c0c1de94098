"""## What it means

A forked child can't use the CUDA of its parent.

## How it looks

```text
RuntimeError: Cannot re-initialize CUDA in forked subprocess.
```

## Why it happens

Workers fork after the program touched the GPU.

## How envsetup knows

The error text.

## How to fix

- `multiprocessing.set_start_method('spawn')` (safe)
- vLLM: `export VLLM_WORKER_MULTIPROC_METHOD=spawn` (safe)

## When to ignore

From Python 3.14 on, which doesn't fork by default.

## Links

- <https://docs.pytorch.org/docs/stable/notes/multiprocessing.html>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import RUNNING

FIXES = (
    Fix(text="`multiprocessing.set_start_method('spawn')`"),
    Fix(text="vLLM: `export VLLM_WORKER_MULTIPROC_METHOD=spawn`"),
)

text_rule(
    __name__,
    undecidable=RUNNING,
    code="DL101",
    slug="cuda-init-before-fork",
    title="CUDA was initialised before a fork",
    severity="note",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="Cannot re-initialize CUDA in forked subprocess"),
        Symptom(
            pattern=r"CUDA error: initialization error|runtime error \(3\) : initialization error|cudaErrorInitializationError|CUDA_ERROR_NOT_INITIALIZED",
            confidence="medium",
        ),
        Symptom(pattern=r"CUDA error 3\b.{0,200}initialization error", confidence="medium"),
        Symptom(pattern=r"Forking a process while a parallel region is active", confidence="low"),
        Symptom(
            pattern=r"cudaGetDeviceCount.{0,140}Error 3: initialization error", confidence="medium"
        ),
    ),
    fixes=FIXES,
)
