"""## What it means

A variable turns off a safeguard for every program.

## How it looks

Nothing is printed.

## Why it happens

Set once and forgotten.

## How envsetup knows

HF_DATASETS_TRUST_REMOTE_CODE, TRUST_REMOTE_CODE or PIP_TRUSTED_HOST is set.

## How to fix

- Unset it; say it per call (safe)

## When to ignore

Never for long.

## Links

- <https://pip.pypa.io/en/stable/cli/pip/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
)
from envsetup.rules import Draft, fact_evidence, rule

FIXES = (Fix(text="Unset it; say it per call"),)

SWITCHES = ("HF_DATASETS_TRUST_REMOTE_CODE", "PIP_TRUSTED_HOST")


@rule(
    code="SC106",
    slug="pickle-allow-trust-remote",
    title="Trust is switched on globally",
    severity="note",
    fixes=FIXES,
)
def judge(environment: dict[str, str], machine: Machine) -> Iterator[Draft]:
    for name in SWITCHES:
        if environment.get(name, "").lower() not in ("", "0", "false", "no"):
            yield Draft(
                message=f"{name} turns off a safeguard for every program.",
                subject=name,
                evidence=(fact_evidence(machine, "environment", name),),
                fixes=FIXES,
            )
