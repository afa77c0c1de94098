"""## What it means

max-autotune needs many multiprocessors, Triton a capability of 7.0.

## How it looks

```text
Not enough SMs to use max_autotune_gemm mode
Found … which is too old to be supported by the triton GPU compiler
```

## Why it happens

A small or old GPU.

## How envsetup knows

A GPU with a capability below 7.0, where torch is a CUDA build. How many multiprocessors a newer one has, its message alone tells.

## How to fix

- Don't use mode="max-autotune"; eager below 7.0 (safe)

## When to ignore

Where nothing is compiled.

## Links

- <https://docs.pytorch.org/docs/stable/torch.compiler.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.knowledge import version_key
from envsetup.model import Fix, Gpu, Machine, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (Fix(text='Don\'t use mode="max-autotune"; eager below 7.0'),)

FIRST = (7, 0)


@rule(
    code="TC109",
    slug="compile-few-sms",
    title="The GPU is too small or old for all of Inductor",
    severity="note",
    unseen="how many multiprocessors a GPU has isn't read",
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern="Not enough SMs to use max_autotune"),
        Symptom(pattern="too old to be supported by the triton"),
    ),
    suppresses=("AR102",),
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    if not torch.cuda:
        return
    for gpu in gpus:
        told = gpu.compute_capability if gpu.vendor == "nvidia" else None
        if told and version_key(told) < FIRST:
            yield Draft(
                message=f"{gpu.name or 'The GPU'} has capability {told}; Triton, and with it"
                " torch.compile, begins with 7.0.",
                subject=f"gpu {gpu.index}",
                evidence=(fact_evidence(machine, "gpus", f"{gpu.name}: {told}"),),
                fixes=FIXES,
            )
