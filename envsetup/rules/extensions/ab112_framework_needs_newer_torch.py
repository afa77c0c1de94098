"""## What it means

transformers or another framework refuses this torch and goes on without it.

## How it looks

```text
Disabling PyTorch because PyTorch >= 2.4 is required but found 2.2.2
None of PyTorch, TensorFlow >= 2.0, or Flax have been found.
```

## Why it happens

The framework moved its floor.

## How envsetup knows

The metadata of transformers, accelerate, vllm or deepspeed asks for a newer release of torch than is installed. Nightly and vendors' builds count as the release that they lead to.

## How to fix

- A newer torch (safe)
- Or an older release of the framework (safe)

## When to ignore

Where that extra isn't used.

## Links

- <https://github.com/zylon-ai/private-gpt/issues/1876>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Machine, Package, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import OTHERS

FIXES = (
    Fix(text="Install a newer torch: `envsetup install-plan` says how"),
    Fix(text="Or an older release of the framework"),
)

FRAMEWORKS = ("transformers", "accelerate", "vllm", "deepspeed")
FLOOR = re.compile(r"torch(?![\w.-])[^>]{0,80}>=\s*([0-9][0-9.]*)")
OF_EXTRA = re.compile(r"""\s*extra\s*==\s*["']torch["']\s*""")
LONGEST = 300
"""Characters of a requirement that are looked at: longer ones aren't written by people."""


@rule(
    code="AB112",
    slug="framework-needs-newer-torch",
    title="A framework needs a newer torch",
    severity="error",
    unseen=OTHERS,
    symptoms=(
        Symptom(pattern="Disabling PyTorch because PyTorch"),
        Symptom(pattern="None of PyTorch, TensorFlow"),
        Symptom(
            pattern=r"requires the PyTorch library but it was not found in your environment",
            confidence="medium",
        ),
        Symptom(pattern=r"(?:PyTorch|\btorch) ?>= ?[\d.]{1,10} is required"),
        Symptom(
            pattern=r"module 'torch\.(?!_C')[\w.]{1,60}' has no attribute", confidence="medium"
        ),
        Symptom(
            pattern=r"module 'torch' has no attribute '(?:float8_\w{1,12}|u?int\d{1,2}|compile\w{0,10}|xpu|mps|vmap|func|inference_mode|library|export|get_default_device)'",
            confidence="medium",
        ),
        Symptom(pattern=r"cannot import name '\w{1,60}' from 'torch\.", confidence="medium"),
        Symptom(pattern=r"No module named '?torch\.(?!_C')\w", confidence="medium"),
        Symptom(pattern=r"module 'distutils' has no attribute 'version'", confidence="medium"),
        Symptom(pattern=r"type object 'torch\.[\w.]{1,60}' has no attribute", confidence="medium"),
        Symptom(pattern=r"PyTorch version \S{1,20} is too old"),
        Symptom(
            pattern=r"(?<!you )\brequires? (?:PyTorch|torch) ?(?:version )?[>=]=? ?\d",
            confidence="medium",
        ),
        Symptom(
            pattern=r"scaled_dot_product_attention\(\) got an unexpected keyword argument",
            confidence="medium",
        ),
        Symptom(
            pattern=r"transformers[/\\].{0,300}NameError: name 'torch' is not defined",
            confidence="medium",
        ),
        Symptom(pattern=r"'torch\.\w{1,30}' object has no attribute", confidence="medium"),
        Symptom(pattern=r"module 'torch' has no attribute", confidence="low"),
        Symptom(pattern=r"cannot import name 'is_torch_\w{1,60}'", confidence="medium"),
        Symptom(pattern=r"cannot import name '\w{1,60}' from 'transformers", confidence="low"),
    ),
    fixes=FIXES,
)
def judge(torch: TorchInstall, packages: tuple[Package, ...], machine: Machine) -> Iterator[Draft]:
    for own in packages:
        if own.name in FRAMEWORKS and (floor := _floor_above(own, torch.version)):
            yield Draft(
                message=f"{own.name} {own.version} needs torch {floor} or newer, and torch is {torch.version}.",
                subject=own.name,
                evidence=(
                    fact_evidence(machine, "packages", f"{own.name} requires torch>={floor}"),
                    fact_evidence(machine, "torch", torch.version),
                ),
                fixes=FIXES,
            )


def _floor(requirement: str) -> str | None:
    """The oldest torch that a line of Requires-Dist takes, where it holds without extras or for torch's own."""
    named, mark, condition = requirement.partition(";")
    found = FLOOR.match(named)
    return found[1] if found and (not mark or OF_EXTRA.fullmatch(condition)) else None


def _floor_above(own: Package, installed: str) -> str | None:
    """The release that the package asks for at least, where the installed one is older."""
    from packaging.version import InvalidVersion, Version

    floors = [floor for line in own.requires if (floor := _floor(line[:LONGEST]))]
    try:
        there = Version(Version(installed).base_version)
        above = [f for f in floors if Version(f) > there]
    except InvalidVersion:
        return None
    return max(above, key=Version) if above else None
