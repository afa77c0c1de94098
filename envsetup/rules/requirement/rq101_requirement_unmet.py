"""## What it means

The environment lacks what `--require`, or `require` in pyproject.toml, demands of it; or nobody can tell
whether it has it.

## How it looks

- `The demand 'gpus>=8' is not met: torch sees 4 GPUs.`
- `The demand 'cuda' can't be decided: torch was not asked (not looked at).`

## Why it happens

The job was sent to another machine than it needs, the wrong build of torch is installed, or a driver is
older than the job asks for. What can't be decided counts as unmet: a job that must have it would not
start either.

## How envsetup knows

- `cuda`, `rocm`, `mps`, `xpu`: torch itself is asked. Level quick doesn't ask it, and goes by the
  installed build, the driver and the GPU.
- `gpus`: what torch sees, else the GPUs of the machine. One that shares a chip with the CPU counts
  where it is NVIDIA's or Apple's.
- `torch`, `python`, `driver`, `compute-capability`, `gpu-memory`: the version or size that was seen; of
  several GPUs the least. Builds (`+cu126`) don't take part in the comparison.

`:` means `>=`, for shells that redirect `>`.

## How to fix

1. Look at the other findings first: they often say why (safe).
2. `envsetup install-plan` says which build of torch has it on this machine (safe).
3. Send the job where the demand is met, or demand less (safe).

## When to ignore

Never: leave the demand out.

## Links

- <https://packaging.pypa.io/en/stable/version.html>
"""

from __future__ import annotations

from envsetup.model import Fix
from envsetup.rules import text_rule
from envsetup.rules.undecidable import DECIDED_OTHERWISE

text_rule(
    __name__,
    undecidable=DECIDED_OTHERWISE,
    code="RQ101",
    slug="requirement-unmet",
    title="What was demanded of the environment is not there",
    severity="error",
    fixes=(Fix(text="See which build of torch is right here", argv=("envsetup", "install-plan")),),
)
