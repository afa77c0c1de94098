"""## What it means

The environment under examination has no torch.

## How it looks

```text
ModuleNotFoundError: No module named 'torch'
```

## Why it happens

Nothing was installed, or it went into another environment than the one that runs.

## How envsetup knows

No folder on the interpreter's path holds `torch/version.py`, and no metadata names torch. Where a package that is
installed requires torch, it is an error. Otherwise nothing says that torch was wanted, as in an image with Python
alone, and it is a note: checks that can't start, or `--require torch`, fail all the same.

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

import re
from collections.abc import Iterator

from envsetup.model import Absent, Evidence, Fix, Known, Machine, value_of
from envsetup.rules import Draft, Symptom, rule

FIXES = (
    Fix(
        text="Print the right command for this machine, and run it in this environment",
        argv=("envsetup", "install-plan"),
    ),
    Fix(text="Let envsetup make an environment of its own", argv=("envsetup", "setup")),
)

TORCH = re.compile(r"torch(?![\w.-])")
"""At the beginning of a Requires-Dist line."""


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
    wanting = _requires_torch(machine)
    yield Draft(
        message=f"torch is not installed for {python.value.executable}"
        + (f", and {wanting} requires it." if wanting else "."),
        evidence=(Evidence(fact="torch", value="no torch on its path", source=python.source),),
        fixes=FIXES,
        severity="error" if wanting else "note",
    )


def _requires_torch(machine: Machine) -> str | None:
    """An installed package that doesn't work without it; what an extra asks for doesn't count."""
    packages = value_of(machine.packages) or ()
    return next(
        (
            f"{one.name} {one.version}"
            for one in packages
            if any(TORCH.match(line) and "extra ==" not in line for line in one.requires)
        ),
        None,
    )
