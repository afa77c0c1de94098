r"""## What it means

torch's DLLs need Microsoft's C++ runtime, in the version that they were built for.

## How it looks

```text
OSError: [WinError 126] The specified module could not be found. Error loading "…\torch\lib\fbgemm.dll" or one of its dependencies.
OSError: [WinError 1114] … Error loading "…\torch\lib\c10.dll"
```

## Why it happens

Windows brings none or an old one. torch 2.4.0 also wanted libomp140.x86_64.dll; from 2.9 on an
old runtime fails while c10.dll initialises (1114).

## How envsetup knows

msvcp140.dll, vcruntime140.dll or vcruntime140_1.dll lies neither in System32 nor beside the
interpreter or torch, and torch wasn't seen to import. Whether an installed one is too old, the error text
alone says.

## How to fix

- `winget install Microsoft.VCRedist.2015+.x64`, then a new terminal (root)
- torch 2.4.0: take 2.4.1 or later (safe)

## When to ignore

Where other DLLs of the same name come first on PATH (WN102).

## Links

- <https://github.com/pytorch/pytorch/issues/131662>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Known, Machine, TorchInstall, Windows
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="`winget install Microsoft.VCRedist.2015+.x64`, then a new terminal", safety="root"),
    Fix(text="torch 2.4.0: take 2.4.1 or later"),
)


@rule(
    code="WN101",
    slug="vcredist-missing",
    title="Visual C++ runtime missing or too old",
    severity="error",
    unseen="other DLLs of the same chain aren't looked for",
    platforms=("windows",),
    symptoms=(
        Symptom(pattern=r"Visual C\+\+ Redistributable is not installed"),
        Symptom(pattern=r"WinError 126\].{0,200}(?:fbgemm|c10|torch_cpu|torch_python|shm)\.dll"),
        Symptom(pattern=r"WinError 1114\].{0,200}c10\.dll", confidence="medium"),
        Symptom(pattern=r"WinError 126\].{0,200}torch.{0,10}lib", confidence="medium"),
        Symptom(pattern=r"(?:vcruntime140|msvcp140)\w*\.dll", confidence="medium"),
        Symptom(pattern=r"libomp140\.x86_64\.dll"),
        Symptom(
            pattern=r"Error loading .{1,250}\.dll\W{0,4}or one of its dependencies",
            confidence="low",
        ),
        Symptom(
            pattern=r"Could not find module '[^']{0,200}torch[^']{0,100}\.dll' \(or one of its dependencies",
            confidence="medium",
        ),
        Symptom(
            pattern=r"torch\._C import.{0,300}DLL load failed.{0,60}module could not be found|DLL load failed.{0,60}module could not be found.{0,80}torch\._C import"
        ),
        Symptom(
            pattern=r"(?:torch\\__init__\.py|torch\._C import \*).{0,300}DLL load failed|DLL load failed.{0,200}torch\._C import",
            confidence="medium",
        ),
        Symptom(pattern=r"DLL load failed(?!.{0,40}_ssl)", confidence="low"),
        Symptom(
            pattern=r"module could not be found.{0,80}\b(?:c10|torch\w{0,8}|fbgemm|shm)\.dll",
            confidence="medium",
        ),
    ),
    excludes=(r"c10_xpu\.dll", r"intel[-_]ext"),
    ask=(
        "Is the x64 Visual C++ runtime 14.4x installed? Which c10.dll dependencies does "
        "`dumpbin /dependents` miss?"
    ),
    fixes=FIXES,
)
def judge(windows: Windows, torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    if windows.vc_missing and not isinstance(machine.torch_runtime, Known):
        missing = ", ".join(windows.vc_missing)
        yield Draft(
            message=f"torch {torch.version} needs Microsoft's C++ runtime, and {missing} is nowhere that Windows looks.",
            evidence=(fact_evidence(machine, "windows", f"missing: {missing}"),),
            fixes=FIXES[:1],
            confidence="medium",
        )
