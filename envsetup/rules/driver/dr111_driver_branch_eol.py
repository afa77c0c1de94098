"""## What it means

The driver is of a branch that gets no more fixes, security fixes among them.

## How it looks

```text
Driver Version: 525.147.05
```

## Why it happens

Branches live about a year, long-term ones three; machines that hold their packages stay on them.

## How envsetup knows

The first number of the driver's version, against the branches that have ended. A branch that is the last for one of the GPUs is not reported.

## How to fix

- Move to a current production or long-term branch (reboot)

## When to ignore

Where the GPU's support ended with this branch, or the site keeps it on purpose.

## Links

- <https://docs.nvidia.com/datacenter/tesla/drivers/index.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.knowledge import Knowledge, version_key
from envsetup.model import Fix, Gpu, Machine, NvidiaDriver, value_of
from envsetup.rules import Draft, fact_evidence, rule

FIXES = (Fix(text="Move to a current production or long-term branch", safety="reboot"),)
OLDEST_ALIVE = 535
"""Every earlier branch had ended by the start of 2025; later ones are not judged."""


@rule(
    code="DR111",
    slug="driver-branch-eol",
    title="Driver branch is past its end of life",
    severity="note",
    platforms=("linux", "windows"),
    ask="`nvidia-smi`: which driver version?",
    fixes=FIXES,
)
def judge(
    nvidia_driver: NvidiaDriver, gpus: tuple[Gpu, ...], machine: Machine, knowledge: Knowledge
) -> Iterator[Draft]:
    version = value_of(nvidia_driver.version)
    numbers = version_key(version) if version else ()
    if not numbers or numbers[0] >= OLDEST_ALIVE:
        return
    known = [g.compute_capability for g in gpus if g.vendor == "nvidia"]
    if not known or any(c is None or knowledge.last_branch(c) for c in known):
        return
    yield Draft(
        message=f"Driver {version} is of a branch that gets no more fixes.",
        evidence=(fact_evidence(machine, "nvidia_driver", str(version)),),
        fixes=FIXES,
    )
