"""## What it means

torch.compile on a GPU needs triton.

## How it looks

```text
torch._inductor.exc.TritonMissing: Cannot find a working triton installation.
```

## Why it happens

It was uninstalled, or the install ran without dependencies.

## How envsetup knows

On Linux: torch is a GPU build, its own metadata requires triton on this architecture, and no triton distribution is installed.

## How to fix

- Install the pin in torch's metadata: `pip install triton==<pin>` (safe)
- Windows: triton-windows (safe)

## When to ignore

With eager code.

## Links

- <https://github.com/pytorch/pytorch/issues/143406>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Machine, Package, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PROGRAM

FIXES = (
    Fix(text="Install the pin in torch's metadata: `pip install triton==<pin>`"),
    Fix(text="Windows: triton-windows"),
)

NEEDED = re.compile(r"(?:pytorch-)?triton(?:-rocm|-xpu)?\b")


@rule(
    code="TC103",
    slug="triton-missing",
    title="triton isn't installed",
    severity="warning",
    unseen=PROGRAM,
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern="TritonMissing"),
        Symptom(pattern="Cannot find a working triton installation"),
        Symptom(pattern=r"No module named '?triton(?![\w.])"),
    ),
    fixes=FIXES,
)
def judge(
    torch: TorchInstall, packages: tuple[Package, ...], os: str, arch: str, machine: Machine
) -> Iterator[Draft]:
    if os != "linux" or not (torch.build or "").startswith(("cu", "rocm", "xpu")):
        return
    own = next((p for p in packages if p.name == "torch" and p.requires), None)
    if own is None or any("triton" in p.name for p in packages):
        return
    pins = [line for line in own.requires if NEEDED.match(line) and _applies(line, arch)]
    if pins:
        yield Draft(
            message=f"torch {torch.version} requires {pins[0].split(';')[0].strip()}, and no triton"
            " is installed: torch.compile can't serve the GPU.",
            subject="triton",
            evidence=(fact_evidence(machine, "packages", f"torch requires {pins[0]}; no triton"),),
            fixes=FIXES,
        )


def _applies(line: str, arch: str) -> bool:
    """Whether a requirement's marker holds here; one about extras or odd variables doesn't count."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        marker = Requirement(line).marker
    except InvalidRequirement:
        return False
    place = {"platform_system": "Linux", "sys_platform": "linux", "platform_machine": arch}
    return marker is None or marker.evaluate({**place, "extra": ""})
