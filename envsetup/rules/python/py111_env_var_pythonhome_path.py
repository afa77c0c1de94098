"""## What it means

PYTHONPATH or PYTHONHOME points the interpreter to packages or a library of another Python.

## How it looks

```text
Could not find platform independent libraries <prefix>
Fatal Python error: init_fs_encoding: failed to get the Python codec of the filesystem encoding
ModuleNotFoundError: No module named 'encodings'
```

## Why it happens

Module systems, ROS, embedded interpreters and old start files set them for one Python and every other inherits them.

## How envsetup knows

PYTHONPATH naming a site-packages of another Python version, or PYTHONHOME naming neither prefix of the interpreter.

## How to fix

- Unset both and try again: `unset PYTHONPATH PYTHONHOME` (safe)
- To compare: `python -I`, which ignores them (safe)

## When to ignore

Where PYTHONPATH holds only your own project.

## Links

- <https://docs.python.org/3/using/cmdline.html#envvar-PYTHONPATH>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Machine, Python, Unreadable
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import SETTINGS

FIXES = (
    Fix(text="Unset both and try again: `unset PYTHONPATH PYTHONHOME`"),
    Fix(text="To compare: `python -I`, which ignores them"),
)
FOREIGN = re.compile(r"python(3\.\d{1,2})t?[/\\](?:site|dist)-packages")


@rule(
    code="PY111",
    slug="env-var-pythonhome-path",
    title="PYTHONPATH/PYTHONHOME pulls in foreign packages",
    severity="warning",
    unseen=SETTINGS,
    symptoms=(
        Symptom(pattern=r"Could not find platform (?:in)?dependent libraries <(?:exec_)?prefix>"),
        Symptom(pattern=r"init_fs_encoding: failed to get the Python codec"),
        Symptom(pattern=r"No module named '?encodings'?"),
        Symptom(pattern="SRE module mismatch"),
        Symptom(pattern=r"PYTHONPATH=\S{0,120}(?:site|dist)-packages", confidence="low"),
    ),
    suppresses=("PY113",),
    ask="`env | grep ^PYTHON`; does the error go away with `python -I`?",
    fixes=FIXES,
)
def judge(python: Python, environment: dict[str, str], machine: Machine) -> Iterator[Draft]:
    home = environment.get("PYTHONHOME", "").rstrip("/\\")
    if home and home not in (python.prefix, python.base_prefix) and python.base_prefix:
        yield _draft(machine, "PYTHONHOME", home, f"not {python.base_prefix}")
    own = ".".join(python.version.split(".")[:2])
    others = {v for v in FOREIGN.findall(environment.get("PYTHONPATH", "")) if v != own}
    if others:
        listed = ", ".join(sorted(others))
        yield _draft(machine, "PYTHONPATH", f"packages of Python {listed}", f"this is {own}")


def _draft(machine: Machine, name: str, seen: str, instead: str) -> Draft:
    return Draft(
        message=f"{name} points to {seen}; {instead}.",
        subject=name,
        evidence=(fact_evidence(machine, "environment", f"{name}: {seen}"),),
        fixes=FIXES,
        severity="error" if _import_fails(machine) else None,
    )


def _import_fails(machine: Machine) -> bool:
    runtime = machine.torch_runtime
    return isinstance(runtime, Unreadable) and runtime.source.kind == "target"
