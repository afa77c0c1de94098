"""## What it means

The environment under examination has no torch.

## How it looks

```text
ModuleNotFoundError: No module named 'torch'
```

## Why it happens

Nothing was installed, or it went into another environment than the one that runs.

## How envsetup knows

No folder on the interpreter's path holds `torch/version.py`, and no metadata names torch.

## How to fix

- `envsetup install-plan` prints the right command for this machine; run it in this environment (safe)
- or let `envsetup setup` make an environment of its own (safe)
- where torch is installed elsewhere, give that interpreter with `--python` (safe)

## When to ignore

Where the environment isn't meant to run PyTorch.

## Links

- <https://pytorch.org/get-started/locally/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Absent, Evidence, Fix, Known, Machine
from envsetup.rules import Draft, Symptom, rule

FIXES = (
    Fix(
        text="Print the right command for this machine, and run it in this environment",
        argv=("envsetup", "install-plan"),
    ),
    Fix(text="Let envsetup make an environment of its own", argv=("envsetup", "setup")),
)


@rule(
    code="PY114",
    slug="torch-not-installed",
    title="torch is not installed in this environment",
    severity="error",
    symptoms=(Symptom(pattern=r"No module named '?torch'?(?![\w.])"),),
    ask="Which interpreter runs: `python -c 'import sys; print(sys.executable)'`?",
    fixes=FIXES,
)
def judge(machine: Machine) -> Iterator[Draft]:
    if not isinstance(machine.torch, Absent) or not isinstance(machine.python, Known):
        return
    python = machine.python
    yield Draft(
        message=f"torch is not installed for {python.value.executable}.",
        evidence=(Evidence(fact="torch", value="no torch on its path", source=python.source),),
        fixes=FIXES,
    )
