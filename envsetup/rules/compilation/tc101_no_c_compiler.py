"""## What it means

Triton and Inductor compile small C or C++ files, and there is no compiler.

## How it looks

```text
RuntimeError: Failed to find C compiler. Please specify via CC environment variable.
InductorError: InvalidCxxCompiler: No working C++ compiler found
```

## Why it happens

Slim images and fresh systems have none.

## How envsetup knows

No compiler on PATH with torch installed: worth a note, since not all code compiles.

## How to fix

- Debian, Ubuntu: `sudo apt install build-essential` (root)
- Fedora, RHEL: `sudo dnf install gcc-c++` (root)
- macOS: `xcode-select --install` (root)
- Conda: `conda install -c conda-forge compilers` (safe)

## When to ignore

Where nothing is compiled.

## Links

- <https://github.com/MIC-DKFZ/nnUNet/issues/2268>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
    TorchInstall,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import BUILDS

FIXES = (
    Fix(text="Debian, Ubuntu: `sudo apt install build-essential`", safety="root"),
    Fix(text="Fedora, RHEL: `sudo dnf install gcc-c++`", safety="root"),
    Fix(text="macOS: `xcode-select --install`", safety="root"),
    Fix(text="Conda: `conda install -c conda-forge compilers`"),
)

COMPILERS = ("gcc", "g++", "cc", "c++", "clang", "clang++")


@rule(
    code="TC101",
    slug="no-c-compiler",
    title="No C compiler for torch.compile",
    severity="warning",
    unseen=BUILDS,
    platforms=("linux", "macos"),
    symptoms=(
        Symptom(pattern="Failed to find C compiler"),
        Symptom(pattern="InvalidCxxCompiler"),
        Symptom(pattern=r"No working C\+\+ compiler"),
        Symptom(pattern=r"No such file or directory: '(?:gcc|g\+\+|cc|c\+\+|clang)'"),
        Symptom(pattern=r"\b(?:gcc|g\+\+|cc|c\+\+|clang): (?:command )?not found"),
        Symptom(pattern=r"command '\S{0,40}(?:gcc|g\+\+|cc|clang)' failed: No such file"),
        Symptom(pattern=r"Microsoft Visual C\+\+ 14\.0 or greater is required"),
        Symptom(pattern="OpenMP support not found"),
        Symptom(pattern=r"\bomp\.h'?:? (?:file not found|No such file)", confidence="medium"),
    ),
    excludes=(
        r"Failed to find C compiler.{0,300}(?:[a-z]:\\\w|Windows)",
        r"[a-z]:\\\w.{0,500}Failed to find C compiler",
        "cl is not found",
    ),
    ask="Is this Linux or macOS? `cc --version`. On Windows it is WN106.",
    fixes=FIXES,
)
def judge(programs: dict[str, str], torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    if not set(COMPILERS) & set(programs):
        yield Draft(
            message="There is no C compiler on PATH: torch.compile will fail.",
            evidence=(fact_evidence(machine, "programs", "no compiler"),),
            fixes=FIXES,
            severity="note",
        )
