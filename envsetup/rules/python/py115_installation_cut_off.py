"""## What it means

`envsetup install-plan --apply` or `envsetup setup` was begun in this environment and has not ended: what is
installed is neither what was there before nor what was planned.

## How it looks

```text
ImportError, ModuleNotFoundError or a wrong result from a torch that pip and uv call installed
```

## Why it happens

envsetup was killed while it worked (`kill -9`, the kernel's killer when memory ran out, a power cut), or it still
works at this moment.

## How envsetup knows

An installation keeps what it replaces in `.envsetup-restore` beside the folder of packages, and a setup marks its
folder in `.envsetup.json`, until they have ended.

## How to fix

- If no envsetup works there at this moment, run the same command again: it first puts back what the installation
  had replaced, or clears up what the setup left, and only then plans (safe)
- Leave `.envsetup-restore` where it is until then: it holds the only copy of what was there before (safe)

## When to ignore

While envsetup still works in the environment.

## Links

- [Install what the plan says](../../how-to/apply.md)
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, value_of
from envsetup.rules import Draft, fact_evidence, rule

APPLY = Fix(
    text="Run the installation again: it first puts back what was there before",
    argv=("envsetup", "install-plan", "--apply"),
)


@rule(
    code="PY115",
    slug="installation-cut-off",
    title="An installation by envsetup was cut off in this environment",
    severity="error",
    suppresses=("PY107", "PY112", "PY113", "PY114"),
    ask="Does envsetup still work in this environment?",
    fixes=(APPLY,),
)
def judge(unfinished: str, machine: Machine) -> Iterator[Draft]:
    python = value_of(machine.python)
    place = (python.prefix or python.executable) if python is not None else "this environment"
    begun = "making" if unfinished == "setup" else "an installation in"
    fix = APPLY
    if unfinished == "setup":
        text = "Run the setup again: it first clears up what was left"
        fix = Fix(text=text, argv=("envsetup", "setup", place))
    yield Draft(
        message=f"envsetup began {begun} {place} and has not ended: it was cut off, or still works.",
        evidence=(fact_evidence(machine, "unfinished", unfinished),),
        fixes=(fix,),
    )
