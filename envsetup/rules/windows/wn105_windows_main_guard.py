"""## What it means

Workers are started anew here and import the script, which starts workers again.

## How it looks

```text
RuntimeError: An attempt has been made to start a new process before the current process has finished its bootstrapping phase.
```

## Why it happens

Windows and macOS spawn; a script without the guard runs its body in every worker.

## How envsetup knows

The error text.

## How to fix

- Put the entry under `if __name__ == '__main__':` (safe)

## When to ignore

With num_workers=0.

## Links

- <https://docs.pytorch.org/docs/stable/notes/windows.html>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import RUNNING

FIXES = (Fix(text="Put the entry under `if __name__ == '__main__':`"),)

text_rule(
    __name__,
    undecidable=RUNNING,
    code="WN105",
    slug="windows-main-guard",
    title="Worker processes without the __main__ guard",
    severity="note",
    platforms=("windows", "macos"),
    symptoms=(
        Symptom(pattern="before the current process has finished its bootstrapping phase"),
        Symptom(
            pattern=r"BrokenPipeError: \[Errno 32\] Broken pipe.{0,300}DataLoader|DataLoader.{0,400}BrokenPipeError",
            confidence="medium",
        ),
        Symptom(
            pattern="EOFError: Ran out of input.{0,300}multiprocessing.spawn|multiprocessing.spawn.{0,300}EOFError: Ran out of input",
            confidence="medium",
        ),
        Symptom(pattern="popen_spawn_win32.{0,500}Can't pickle", confidence="medium"),
        Symptom(pattern=r"\bfreeze_support\(\)", confidence="medium"),
    ),
    fixes=FIXES,
)
