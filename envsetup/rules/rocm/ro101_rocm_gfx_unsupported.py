"""## What it means

The installed ROCm build holds no code for this GPU's architecture.

## How it looks

```text
RuntimeError: HIP error: invalid device function
rocBLAS error: Cannot read …/TensileLibrary.dat: Illegal seek for GPU arch : gfx1031
```

## Why it happens

Wheels cover a list of gfx targets; consumer and integrated GPUs are often missing.

## How envsetup knows

The GPU's gfx name against the build's list.

## How to fix

- A build that lists the target (AMD's per-family index) (safe)
- Same family only, unsupported: `export HSA_OVERRIDE_GFX_VERSION=10.3.0` (gfx103x) or 11.0.0
  (gfx110x) (safe)

## When to ignore

With a working override.

## Links

- <https://github.com/pytorch/pytorch/issues/147626>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Evidence,
    Fix,
    Gpu,
    Known,
    Machine,
    TorchInstall,
    value_of,
)
from envsetup.rules import Draft, Symptom, Undecidable, rule

FIXES = (
    Fix(text="Install a build that lists the target (AMD's per-family index)"),
    Fix(
        text=(
            "Same family only, unsupported: `export HSA_OVERRIDE_GFX_VERSION=10.3.0` "
            "(gfx103x) or 11.0.0 (gfx110x)"
        )
    ),
)


@rule(
    code="RO101",
    slug="rocm-gfx-unsupported",
    title="The AMD GPU isn't in this ROCm build",
    severity="error",
    unseen="integrated GPUs, and targets that a variable replaces, aren't judged",
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern="HIP error: invalid device function"),
        Symptom(pattern="HIP error: (?:device kernel image is invalid|no kernel image)"),
        Symptom(pattern=r"TensileLibrary\S*.{0,80}(?:gfx|Illegal seek)"),
        Symptom(pattern="(?:Ellesmere|Radeon|AMD).{0,120}is of cuda capability.{0,200}too old"),
        Symptom(pattern=r"Cannot find CO in the bundle .{0,200} for ISA"),
        Symptom(pattern="hipErrorNoBinaryForGpu"),
        Symptom(pattern="hipErrorInvalidDeviceFunction"),
        Symptom(pattern="hipBLASLt on an unsupported architecture", confidence="medium"),
        Symptom(pattern="HSA exception: Unsupported isa|Unsupported isa for gfx"),
        Symptom(pattern="hipErrorInvalidImage", confidence="medium"),
        Symptom(pattern=r"amdgpu: \w{1,30} +not supported in kfd"),
    ),
    suppresses=("AR102", "AR101", "RO104"),
    ask="`rocminfo | grep gfx` against torch.cuda.get_arch_list().",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    if torch.hip is None and not (torch.build or "").startswith("rocm"):
        return
    discrete = [g for g in gpus if g.vendor == "amd" and g.gfx and not g.integrated]
    if not discrete:
        return
    if not isinstance(torch.arch_list, Known):
        raise Undecidable("the build's list of targets is not known", "torch.arch_list")
    if "HSA_OVERRIDE_GFX_VERSION" in (value_of(machine.environment) or {}):
        return
    covered = {a.partition(":")[0] for a in torch.arch_list.value}
    for gpu in discrete:
        target = (gpu.gfx or "").partition(":")[0]
        if covered and target not in covered:
            yield Draft(
                message=f"GPU {gpu.index} ({gpu.name or 'AMD'}, {target}) isn't in the list of"
                f" torch {torch.version}: {', '.join(sorted(covered))}.",
                subject=f"gpu {gpu.index}",
                evidence=(Evidence(fact="gpus", value=target, source=gpu.source),),
                fixes=FIXES,
                confidence="medium",
            )
