"""## What it means

KMP_DUPLICATE_LIB_OK lets two OpenMP runtimes go on together; Intel warns of crashes and
silently wrong results.

## How it looks

Nothing is printed.

## Why it happens

OMP's error message proposes it, and it stays in a profile.

## How envsetup knows

The variable is set to a true value.

## How to fix

- `unset KMP_DUPLICATE_LIB_OK`, then mend CP102 if its message comes back (safe)

## When to ignore

Never for results that count.

## Links

- <https://github.com/aleximmer/Laplace/issues/56>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
)
from envsetup.rules import Draft, fact_evidence, rule

FIXES = (Fix(text="`unset KMP_DUPLICATE_LIB_OK`, then mend CP102 if its message comes back"),)


@rule(
    code="CP103",
    slug="kmp-duplicate-ok-set",
    title="A variable hides a clash of OpenMP runtimes",
    severity="warning",
    fixes=FIXES,
)
def judge(environment: dict[str, str], machine: Machine) -> Iterator[Draft]:
    value = environment.get("KMP_DUPLICATE_LIB_OK", "")
    if value.strip().lower() in ("1", "true", "yes", "on"):
        yield Draft(
            message=f"KMP_DUPLICATE_LIB_OK={value} hides a clash of OpenMP runtimes.",
            subject="KMP_DUPLICATE_LIB_OK",
            evidence=(fact_evidence(machine, "environment", value),),
            fixes=FIXES,
        )
