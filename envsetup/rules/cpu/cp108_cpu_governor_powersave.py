"""## What it means

The CPU stays at a low clock and feeds the GPU slowly.

## How it looks

Nothing is printed.

## Why it happens

The distribution's default on servers with acpi-cpufreq.

## How envsetup knows

The governor of the first core is powersave, and the driver one that then stays at the lowest frequency: intel_pstate and
amd-pstate-epp choose freely under that name.

## How to fix

- `sudo cpupower frequency-set -g performance` (root)

## When to ignore

With intel_pstate, where powersave is the normal state; on batteries.

## Links

- <https://docs.kernel.org/admin-guide/pm/cpufreq.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Cpu, Fix, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (Fix(text="`sudo cpupower frequency-set -g performance`", safety="root"),)

CHOOSE_FREELY = ("intel_pstate", "amd-pstate-epp", "amd_pstate_epp")
"""Source: the kernel's admin-guide/pm, intel_pstate.rst and amd-pstate.rst (active mode)."""


@rule(
    code="CP108",
    slug="cpu-governor-powersave",
    title="The CPU's frequency governor saves power",
    severity="note",
    platforms=("linux",),
    symptoms=(Symptom(pattern="scaling_governor.{0,40}powersave", confidence="medium"),),
    fixes=FIXES,
)
def judge(cpu: Cpu, machine: Machine) -> Iterator[Draft]:
    driver = cpu.frequency_driver
    if cpu.frequency_governor != "powersave" or driver is None or driver in CHOOSE_FREELY:
        return
    yield Draft(
        message=f"The CPU runs at its lowest frequency: governor powersave under {driver}.",
        evidence=(fact_evidence(machine, "cpu", f"{driver}, powersave"),),
        fixes=FIXES,
    )
