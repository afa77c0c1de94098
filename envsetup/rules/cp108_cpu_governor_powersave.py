"""## What it means

The CPU stays at a low clock and feeds the GPU slowly.

## How it looks

Nothing is printed.

## Why it happens

The distribution's default on servers with acpi-cpufreq.

## How envsetup knows

The governor isn't among the facts; this page explains it.

## How to fix

- `sudo cpupower frequency-set -g performance` (root)

## When to ignore

With intel_pstate, where powersave is the normal state; on batteries.

## Links

- <https://docs.kernel.org/admin-guide/pm/cpufreq.html>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule

FIXES = (Fix(text="`sudo cpupower frequency-set -g performance`", safety="root"),)

text_rule(
    __name__,
    code="CP108",
    slug="cpu-governor-powersave",
    title="The CPU's frequency governor saves power",
    severity="note",
    platforms=("linux",),
    symptoms=(Symptom(pattern="scaling_governor.{0,40}powersave", confidence="medium"),),
    fixes=FIXES,
)
