"""## What it means

torch is installed in one environment, and the notebook, editor or launcher runs another.

## How it looks

```text
ModuleNotFoundError: No module named 'torch'
```

## Why it happens

A kernel keeps the interpreter that it was registered with; a bare `pip` or `torchrun` belongs to the first environment on PATH.

## How envsetup knows

Only the error text tells: no fact that is read without running the failing program decides it.

## How to fix

- Ask the one that fails: `import sys; print(sys.executable)`; then give that one with `--python` (safe)
- Install with `python -m pip`, never with a bare pip (safe)
- Register the environment as a kernel: `python -m ipykernel install --user --name NAME` (safe)

## When to ignore

Where torch imports in the program that is meant.

## Links

- <https://ipython.readthedocs.io/en/stable/install/kernel_install.html>
"""

from __future__ import annotations

from envsetup.model import Fix
from envsetup.rules import Symptom, text_rule

FIXES = (
    Fix(
        text="Ask the one that fails: `import sys; print(sys.executable)`; then give that one with `--python`"
    ),
    Fix(text="Install with `python -m pip`, never with a bare pip"),
    Fix(
        text="Register the environment as a kernel: `python -m ipykernel install --user --name NAME`"
    ),
)

text_rule(
    __name__,
    code="PY110",
    slug="wrong-interpreter-kernel",
    title="Notebook kernel or IDE uses another interpreter",
    severity="warning",
    symptoms=(
        Symptom(pattern=r"No module named '?torch'?(?![\w.])", confidence="low"),
        Symptom(
            pattern=r"(?:<ipython-input-|ipykernel_\d|ipykernel|Jupyter)[^\n]{0,300}No module named '?(?:torch|numpy|transformers)\b",
            confidence="medium",
        ),
        Symptom(
            pattern=r"No module named[^\n]{0,400}\btorchrun\b|\btorchrun\b[^\n]{0,400}No module named",
            confidence="low",
        ),
        Symptom(
            pattern=r"kernel[^\n]{0,60}different (?:python )?(?:interpreter|environment)",
            confidence="low",
        ),
        Symptom(
            pattern=r"terminal.{0,160}(?:Jupyter|notebook|VS ?Code|PyCharm).{0,160}No module named"
        ),
        Symptom(
            pattern=r"VS ?Code.{0,20} (?:doesn't|does not|can't|cannot|didn't|won't) (?:detect|find|see|import|work)|PyCharm.{0,20} (?:doesn't|does not|can't|cannot|didn't|won't) (?:detect|find|see|import|work)|Jupyter.{0,20} (?:doesn't|does not|can't|cannot|didn't|won't) (?:detect|find|see|import|work)|notebook.{0,20} (?:doesn't|does not|can't|cannot|didn't|won't) (?:detect|find|see|import|work)",
            confidence="medium",
        ),
    ),
    ask="`import sys; print(sys.executable)` where it fails and where it works: the same?",
    fixes=FIXES,
)
