"""## What it means

torch warns of a capability range, and the GPU's kernels are there all the same.

## How it looks

```text
Found GPU0 NVIDIA GB10 which is of cuda capability 12.1. Minimum and Maximum cuda capability supported by this version of PyTorch is (8.0) - (12.0)
```

## Why it happens

The warning compares numbers; a kernel for 12.0 runs on 12.1.

## How envsetup knows

torch printed the warning, can use the GPU, and its list of architectures holds kernels of the same major and no higher minor.

## How to fix

- Nothing: prove it with `envsetup doctor` (safe)

## When to ignore

Always, where the computation is right.

## Links

- <https://github.com/pytorch/pytorch/issues/164342>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.knowledge import Knowledge, covers
from envsetup.model import Fix, Gpu, Machine, TorchInstall, TorchRuntime
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.shared.cuda_kernels import archs_of

FIXES = (Fix(text="Nothing: prove it with `envsetup doctor`"),)


@rule(
    code="AR106",
    slug="false-capability-range-warning",
    title="Harmless warning: capability above the stated range",
    severity="note",
    unseen="torch can warn later than at its import",
    symptoms=(
        Symptom(pattern=r"capability 12\.1\b"),
        Symptom(pattern=r"capability 10\.3\b", confidence="medium"),
    ),
    ask="`envsetup checks run kernel-launch`",
    fixes=FIXES,
)
def judge(
    gpus: tuple[Gpu, ...],
    torch: TorchInstall,
    torch_runtime: TorchRuntime,
    machine: Machine,
    knowledge: Knowledge,
) -> Iterator[Draft]:
    said = [w for w in torch_runtime.warnings if "cuda capability" in w.lower()]
    told = {g.compute_capability for g in gpus if g.vendor == "nvidia"} - {None}
    meant = sorted(c for c in told if c and any(f"capability {c}" in w for w in said))
    if not meant or not torch_runtime.cuda_available:
        return
    archs = archs_of(machine, torch, knowledge) or ()
    sm = [a for a in archs if a.startswith("sm_")]
    served = [c for c in meant if covers(c, sm, (), torch.build)]
    for capability in served:
        yield Draft(
            message=f"torch warns of capability {capability}, and its build holds kernels that run there.",
            subject=capability,
            evidence=(
                fact_evidence(machine, "torch_runtime", said[0][:200]),
                fact_evidence(machine, "gpus", f"capability {capability}"),
            ),
            fixes=FIXES,
        )
