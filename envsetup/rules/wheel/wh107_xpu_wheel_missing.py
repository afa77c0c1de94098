"""## What it means

torch has no XPU support built in although an Intel GPU is to compute.

## How it looks

```text
RuntimeError: PyTorch is not linked with support for xpu devices
AssertionError: Torch not compiled with XPU enabled
```

## Why it happens

The XPU build lies on its own index; a later install from the default index replaced it.

## How envsetup knows

The CPU build is installed, and of the GPUs there is an Intel card by whose PCI id the XPU build serves it, and none of another vendor. A GPU that is part of the CPU isn't counted: it is often there for the display alone.

## How to fix

- Install the XPU build: `envsetup install-plan --backend xpu` (safe)

## When to ignore

Where the GPU is a display adapter of older generations: see XP104.

## Links

- <https://docs.pytorch.org/docs/stable/notes/get_start_xpu.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.knowledge import Knowledge
from envsetup.model import Fix, Gpu, Machine, TorchInstall, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (Fix(text="Install the XPU build: `envsetup install-plan --backend xpu`"),)


@rule(
    code="WH107",
    slug="xpu-wheel-missing",
    title="Intel GPU present but the build is not the XPU build",
    severity="warning",
    unseen="builds for other GPUs aren't judged",
    symptoms=(
        Symptom(pattern=r"not linked with support for xpu devices"),
        Symptom(pattern=r"Torch not compiled with XPU enabled"),
        Symptom(pattern=r"XPU (?:wheel|build)[^\n]{0,40}CPU (?:wheel|build)", confidence="medium"),
    ),
    ask="`python -c 'import torch; print(torch.__version__)'`: does it end in +xpu?",
    fixes=FIXES,
)
def judge(
    gpus: tuple[Gpu, ...], torch: TorchInstall, machine: Machine, knowledge: Knowledge
) -> Iterator[Draft]:
    if torch.build != "cpu" or any(g.vendor in ("nvidia", "amd") for g in gpus):
        return
    if value_of(machine.os) not in ("linux", "windows") or value_of(machine.arch) != "x86_64":
        return
    chips = [(g, knowledge.chip(g.pci_id or "")) for g in gpus if g.vendor == "intel"]
    served = [(g, c) for g, c in chips if c is not None and c.xpu and not c.integrated]
    for gpu, chip in served[:1]:
        name = gpu.name or chip.name
        yield Draft(
            message=f"{name} could be used by torch's XPU build, and torch is {torch.version}.",
            subject="torch",
            evidence=(
                fact_evidence(machine, "gpus", f"{name} ({gpu.pci_id})"),
                fact_evidence(machine, "torch", torch.version),
            ),
            fixes=FIXES,
        )
