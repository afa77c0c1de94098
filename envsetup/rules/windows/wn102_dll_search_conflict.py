"""## What it means

A DLL from PATH or System32 took the place of the one beside torch.

## How it looks

```text
OSError: [WinError 127] The specified procedure could not be found. Error loading …
OSError: [WinError 1114] … c10.dll
```

## Why it happens

Old CUDA, cuDNN or OpenMP DLLs were copied to System32 or beside python.exe, or stand on PATH.

## How envsetup knows

A DLL of CUDA, cuDNN or OpenMP lies beside torch and, in another size, in System32 or beside the
interpreter: worth a note, for torch takes its own first as a rule. CUDA folders on PATH don't count:
Windows looks there last. Which one a failing import took, the error text says.

## How to fix

- Take old CUDA folders off PATH and start a new terminal (safe)
- Uninstall the program that brought the other copy (root)

## When to ignore

Where both copies have one version.

## Links

- <https://github.com/pytorch/pytorch/issues/140875>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, Windows
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="Take old CUDA folders off PATH and start a new terminal"),
    Fix(text="Uninstall the program that brought the other copy", safety="root"),
)


@rule(
    code="WN102",
    slug="dll-search-conflict",
    title="Another DLL of the same name is found first",
    severity="error",
    unseen="the folders of PATH aren't read",
    platforms=("windows",),
    symptoms=(
        Symptom(pattern=r"WinError 127\b"),
        Symptom(
            pattern=r"WinError 1114\].{0,200}(?:c10|torch\w*|cudnn\w*|cublas\w*)\.dll",
            confidence="low",
        ),
        Symptom(pattern=r"WinError 1114\]", confidence="low"),
        Symptom(pattern=r"WinError 182\]"),
        Symptom(
            pattern="torch.{0,200}DLL load failed.{0,60}procedure could not be found",
            confidence="medium",
        ),
        Symptom(pattern=r"DLL load failed.{0,60}procedure could not be found", confidence="low"),
    ),
    excludes=(r"c10_xpu\.dll", r"intel[-_]ext"),
    ask="`where c10.dll cudart64_12.dll libiomp5md.dll`: which copies come before torch's?",
    fixes=FIXES,
)
def judge(windows: Windows, machine: Machine) -> Iterator[Draft]:
    if windows.other_dlls:
        names = ", ".join(windows.other_dlls)
        yield Draft(
            message=f"Other copies of torch's DLLs lie in System32 or beside the interpreter: {names}.",
            evidence=(fact_evidence(machine, "windows", names),),
            fixes=FIXES[1:],
            severity="note",
            confidence="medium",
        )
