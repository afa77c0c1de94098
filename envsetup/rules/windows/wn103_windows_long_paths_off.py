r"""## What it means

A file of the package would have a path of more than 259 characters.

## How it looks

```text
HINT: This error might have occurred since this system does not have Windows Long Path support enabled.
OSError: [WinError 206] The filename or extension is too long
```

## Why it happens

torch's licence trees are deep since 2.13 (126 characters), and the Store's Python lives in a
long path.

## How envsetup knows

Long paths are off in the registry, and the environment's folder leaves fewer characters than
torch's longest file needs. A note where torch is already installed.

## How to fix

- Make the environment in a short folder such as C:\v (safe)
- `New-ItemProperty -Path HKLM:\SYSTEM\CurrentControlSet\Control\FileSystem -Name
  LongPathsEnabled -Value 1 -PropertyType DWORD -Force` (root)
- Take Python from python.org in place of the Store's (safe)

## When to ignore

Where the folder is short enough.

## Links

- <https://github.com/pytorch/pytorch/issues/23823>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Absent, Fix, Machine, Python, Windows
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text=r"Make the environment in a short folder such as C:\v"),
    Fix(
        text=(
            r"`New-ItemProperty -Path HKLM:\SYSTEM\CurrentControlSet\Control\FileSystem -Name "
            "LongPathsEnabled -Value 1 -PropertyType DWORD -Force`"
        ),
        safety="root",
    ),
    Fix(text="Take Python from python.org in place of the Store's"),
)

LONGEST_FILE = 126
"""Characters below site-packages of a licence's path in torch 2.15.0, by its RECORD."""
LONGEST_PATH = 259
"""MAX_PATH without its end (learn.microsoft.com, Maximum Path Length Limitation)."""


@rule(
    code="WN103",
    slug="windows-long-paths-off",
    title="Long paths are disabled",
    severity="error",
    unseen="other packages have longer names",
    platforms=("windows",),
    symptoms=(
        Symptom(pattern="Windows Long Path support"),
        Symptom(pattern=r"WinError 206\]"),
        Symptom(pattern="filename or extension is too long"),
        Symptom(
            pattern=r"Could not install packages.{0,60}No such file or directory: '[A-Z]:\\[^']{180}",
            confidence="medium",
        ),
        Symptom(pattern=r"\bFilename too long\b", confidence="medium"),
        Symptom(pattern=r"No such file or directory: '[A-Z]:\\[^']{240}", confidence="medium"),
    ),
    fixes=FIXES,
)
def judge(windows: Windows, python: Python, machine: Machine) -> Iterator[Draft]:
    longest = max(map(len, python.site_packages), default=0) + 1 + LONGEST_FILE
    if windows.long_paths is False and longest > LONGEST_PATH:
        yield Draft(
            message=f"Long paths are off, and in this environment torch has paths of {longest} characters; "
            f"Windows takes {LONGEST_PATH}.",
            evidence=(fact_evidence(machine, "windows", "LongPathsEnabled is not 1"),),
            fixes=FIXES,
            severity="warning" if isinstance(machine.torch, Absent) else "note",
        )
