"""## What it means

Triton compiles a launcher against Python's headers, which distributions pack apart.

## How it looks

```text
fatal error: Python.h: No such file or directory
```

## Why it happens

The -dev package isn't installed.

## How envsetup knows

Python.h is not in the folders that the interpreter's sysconfig names, though torch and a C compiler are there. A note: programs that compile nothing don't need it.

## How to fix

- Debian, Ubuntu: `sudo apt install python3-dev` (python3.X-dev) (root)
- Fedora, RHEL: `sudo dnf install python3-devel` (root)
- Or an interpreter that uv manages, which has them (safe)

## When to ignore

Where nothing is compiled.

## Links

- <https://github.com/pytorch/pytorch/issues/129351>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, Python, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.compilation.tc101_no_c_compiler import COMPILERS
from envsetup.rules.undecidable import BUILDS

FIXES = (
    Fix(text="Debian, Ubuntu: `sudo apt install python3-dev` (python3.X-dev)", safety="root"),
    Fix(text="Fedora, RHEL: `sudo dnf install python3-devel`", safety="root"),
    Fix(text="Or an interpreter that uv manages, which has them"),
)


@rule(
    code="TC102",
    slug="python-headers-missing",
    title="Python.h is missing",
    severity="warning",
    unseen=BUILDS,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"Python\.h\W{0,2}: No such file"),
        Symptom(pattern=r"Python\.h' file not found"),
        Symptom(pattern=r"cuda_utils\.c.{0,560}returned non-zero exit status", confidence="medium"),
    ),
    excludes=(r"\\(?:tcc|cl)\.exe",),
    ask="Does Python.h exist in the folder that sysconfig names?",
    fixes=FIXES,
)
def judge(
    python: Python, programs: dict[str, str], torch: TorchInstall, machine: Machine
) -> Iterator[Draft]:
    if python.has_headers is False and set(COMPILERS) & set(programs):
        yield Draft(
            message=f"Python {python.version} has no Python.h: torch.compile and extensions will fail.",
            evidence=(fact_evidence(machine, "python", "no Python.h"),),
            fixes=FIXES,
            severity="note",
        )
