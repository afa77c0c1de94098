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

The error text.

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

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

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

text_rule(
    __name__,
    code="WN103",
    slug="windows-long-paths-off",
    title="Long paths are disabled",
    severity="error",
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
