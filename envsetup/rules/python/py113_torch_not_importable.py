"""## What it means

torch is installed, and importing it fails or kills the process.

## How it looks

```text
ImportError: libtorch_cpu.so: file too short
OSError: [WinError 126] The specified module could not be found
Segmentation fault (core dumped)
```

## Why it happens

A download or disk that ended early leaves libraries cut short; an uninstall that broke off leaves half a package; a library of another version is loaded in place of torch's own.

## How envsetup knows

The sizes of torch's libraries against its RECORD, before anything is loaded; then the import itself in a process of its own, whose error, signal or silence is the evidence.

## How to fix

- reinstall torch in this environment by the command of `envsetup install-plan`, with `--force-reinstall --no-cache-dir` (deletes: the broken files are replaced)
- full disk: make room first (safe)
- where MKL "cannot load" a library that is there: change to a folder that exists, the current one was deleted (safe)
- where it comes back, make a new environment: `envsetup setup` (safe)

## When to ignore

Never: nothing that uses torch works.

## Links

- <https://github.com/pytorch/pytorch/issues/166628>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Evidence, Fix, Machine, TorchInstall, Unreadable
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.shared.torch_requirements import absent_requirements, missing_module
from envsetup.rules.undecidable import SETTINGS

FIXES = (
    Fix(
        text="Reinstall torch in this environment: take the command of `envsetup install-plan` and add "
        "--force-reinstall --no-cache-dir",
        argv=("envsetup", "install-plan"),
        safety="deletes",
    ),
    Fix(text="Where it comes back, make a new environment", argv=("envsetup", "setup")),
)
ELSEWHERE = Fix(
    text="Change to a folder that is there (`cd ~`) and try again: MKL loads nothing where the current one was deleted"
)
MKL = "oneMKL FATAL ERROR: Cannot load"
"""Seen with torch 2.13.0+cpu, files undamaged, in a deleted folder."""
SHOWN = 3


def _asked_for(machine: Machine) -> bool:
    """Whether a package that torch asks for isn't there: that is the finding, told by its own rule."""
    return missing_module(machine) in absent_requirements(machine)


@rule(
    code="PY113",
    slug="torch-not-importable",
    title="torch is installed but cannot be imported",
    severity="error",
    unseen=SETTINGS,
    symptoms=(
        Symptom(pattern=r"libtorch\w*\.so[^\n]{0,80}file too short"),
        Symptom(pattern=r"\bfile too short\b", confidence="medium"),
        Symptom(
            pattern=r"cannot import name '_?C' from (?:partially initialized module )?'?torch",
            confidence="medium",
        ),
        Symptom(pattern=r"invalid ELF header", confidence="medium"),
        Symptom(
            pattern=r"torch/lib/lib\w{1,30}\.so\S{0,8}: undefined symbol: ?(?!_{0,2}(?:nccl|cu|nv))",
            confidence="medium",
        ),
        Symptom(pattern=r"WinError 193\]", confidence="medium"),
        Symptom(
            pattern=r"(?:Fatal Python error: Segmentation fault|Windows fatal exception: access violation).{0,300}torch[/\\]__init__\.py",
            confidence="medium",
        ),
        Symptom(pattern=r"Library not loaded: @\w{1,20}/", confidence="medium"),
        Symptom(pattern=r"Symbol not found.{0,300}torch/lib", confidence="medium"),
        Symptom(pattern=r"No module named '?torch\._C'"),
    ),
    ask="`envsetup doctor`: which file differs from what the wheel recorded?",
    fixes=FIXES,
)
def judge(torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    runtime = machine.torch_runtime
    failed = isinstance(runtime, Unreadable) and runtime.source.kind == "target"
    if torch.broken_files:
        more = len(torch.broken_files) - SHOWN
        files = "; ".join(torch.broken_files[:SHOWN]) + (f"; {more} more" if more > 0 else "")
        told = (
            f" Importing it: {runtime.error}." if failed and isinstance(runtime, Unreadable) else ""
        )
        yield Draft(
            message=f"torch {torch.version} is damaged: {files}.{told}",
            subject="torch",
            evidence=(fact_evidence(machine, "torch", files),),
            fixes=FIXES,
        )
    elif isinstance(runtime, Unreadable) and failed and not _asked_for(machine):
        yield Draft(
            message=f"torch {torch.version} can't be imported: {runtime.error.rstrip('.')}.",
            subject="torch",
            evidence=(
                Evidence(
                    fact="torch_runtime",
                    value=runtime.detail or runtime.error,
                    source=runtime.source,
                ),
            ),
            fixes=(ELSEWHERE, *FIXES) if MKL in runtime.error else FIXES,
        )
