"""## What it means

The interpreter is a 32-bit program; torch has 64-bit builds only.

## How it looks

```text
ERROR: Could not find a version that satisfies the requirement torch (from versions: none)
```

## Why it happens

On Windows the 32-bit installer was chosen, on a Raspberry Pi the 32-bit system.

## How envsetup knows

The interpreter's own pointer size.

## How to fix

- Windows: install the 64-bit Python, then make the environment anew (safe)
- ARM boards: install the 64-bit system (aarch64) (deletes)

## When to ignore

Where another, 64-bit interpreter is the one that runs torch: give it with `--python`.

## Links

- <https://github.com/pytorch/pytorch/issues/79347>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, Python
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="Windows: install the 64-bit Python, then make the environment anew"),
    Fix(text="ARM boards: install the 64-bit system (aarch64)", safety="deletes"),
)


@rule(
    code="PY102",
    slug="python-32-bit",
    title="32-bit Python cannot install torch",
    severity="error",
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(
            pattern=r"satisfies the requirement torch\b[^\n]{0,40}from versions: none",
            confidence="low",
        ),
        Symptom(
            pattern=r"-(?:win32|linux_armv[67]l|linux_i686|cp3\d{1,2}-win32)\.whl", confidence="low"
        ),
        Symptom(pattern=r"\[MSC v\.\d{4} 32 bit \(Intel\)\]"),
        Symptom(pattern=r"torch[^\n]{0,80}32-bit Python", confidence="medium"),
        Symptom(pattern=r"WinError 193\]", confidence="low"),
    ),
    suppresses=("PY101", "PY114"),
    ask="`python -c 'import struct; print(struct.calcsize(\"P\") * 8)'`: 32 or 64?",
    fixes=FIXES,
)
def judge(python: Python, machine: Machine) -> Iterator[Draft]:
    if python.pointer_bits == 32:
        yield Draft(
            message=f"{python.executable} is a 32-bit Python; torch has only 64-bit builds.",
            subject="python",
            evidence=(fact_evidence(machine, "python", "pointers of 32 bits"),),
            fixes=FIXES,
        )
