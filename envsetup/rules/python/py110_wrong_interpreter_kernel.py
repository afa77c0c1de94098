"""## What it means

torch is installed in one environment, and the notebook, editor or launcher runs another.

## How it looks

```text
ModuleNotFoundError: No module named 'torch'
```

## Why it happens

A kernel keeps the interpreter that it was registered with; a bare `pip` or `torchrun` belongs to the first environment on PATH.

## How envsetup knows

The active environment (VIRTUAL_ENV or CONDA_PREFIX) is the one under examination, and the `pip` on PATH lies outside of
it: a warning where torch is missing here, else a note. For kernels and IDEs the error text tells.

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

from collections.abc import Iterator

from envsetup.model import Absent, Fix, Machine, Python
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text="Ask the one that fails: `import sys; print(sys.executable)`; then give that one with `--python`"
    ),
    Fix(text="Install with `python -m pip`, never with a bare pip"),
    Fix(
        text="Register the environment as a kernel: `python -m ipykernel install --user --name NAME`"
    ),
)


@rule(
    code="PY110",
    slug="wrong-interpreter-kernel",
    title="Notebook kernel or IDE uses another interpreter",
    severity="warning",
    unseen="which interpreter an editor or a notebook starts isn't read",
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
            pattern=r"VS ?Code.{0,20} (?:doesn't|does not|can't|cannot|didn't|won't) (?:detect|find|see|import|work).{0,60}\b(?:torch|module|package|interpreter|kernel|environment|venv|conda|pip|python|cuda)"
            r"|PyCharm.{0,20} (?:doesn't|does not|can't|cannot|didn't|won't) (?:detect|find|see|import|work).{0,60}\b(?:torch|module|package|interpreter|kernel|environment|venv|conda|pip|python|cuda)"
            r"|Jupyter.{0,20} (?:doesn't|does not|can't|cannot|didn't|won't) (?:detect|find|see|import|work).{0,60}\b(?:torch|module|package|interpreter|kernel|environment|venv|conda|pip|python|cuda)"
            r"|notebook.{0,20} (?:doesn't|does not|can't|cannot|didn't|won't) (?:detect|find|see|import|work).{0,60}\b(?:torch|module|package|interpreter|kernel|environment|venv|conda|pip|python|cuda)",
            confidence="medium",
        ),
    ),
    ask="`import sys; print(sys.executable)` where it fails and where it works: the same?",
    fixes=FIXES,
)
def judge(
    programs: dict[str, str],
    python: Python,
    environment: dict[str, str],
    machine: Machine,
) -> Iterator[Draft]:
    active = environment.get("VIRTUAL_ENV") or environment.get("CONDA_PREFIX")
    pip = programs.get("pip")
    if not active or not pip or python.prefix != active or _within(pip, active):
        return
    yield Draft(
        message=f"`pip` is {pip}, outside of the active environment {active}: it installs elsewhere.",
        subject=pip,
        evidence=(
            fact_evidence(machine, "programs", pip),
            fact_evidence(machine, "python", python.executable),
        ),
        fixes=FIXES,
        severity="warning" if isinstance(machine.torch, Absent) else "note",
    )


def _within(path: str, folder: str) -> bool:
    slashed, above = path.replace("\\", "/"), folder.replace("\\", "/").rstrip("/")
    return slashed.startswith(above + "/")
