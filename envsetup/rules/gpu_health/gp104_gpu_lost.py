"""## What it means

The driver can't reach the GPU any more; only a restart of the machine brings it back.

## How it looks

```text
Unable to determine the device handle for GPU 0000:65:00.0: Unknown Error
GPU is lost. Reboot the system to recover this GPU
GPU has fallen off the bus
```

## Why it happens

Power, heat, a riser or slot, or a hardware fault (Xid 79).

## How envsetup knows

The driver's own words for a GPU, or for its look at all of them.

## How to fix

- Switch the machine off and on again (a warm reboot may not do) (reboot)
- Where it comes back: check power cables, riser and slot, then the card (safe)

## When to ignore

In a container whose access to devices was lost: see CT103.

## Links

- <https://github.com/NVIDIA/open-gpu-kernel-modules/issues/259>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Known, Machine, NvidiaDriver, Unreadable, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PASSING

FIXES = (
    Fix(text="Switch the machine off and on again (a warm reboot may not do)", safety="reboot"),
    Fix(text="Where it comes back: check power cables, riser and slot, then the card"),
)

LOST = ("gpu is lost", "gpu_is_lost", "fallen off the bus", "unable to determine the device handle")


def _lost(words: str | None, boxed: bool) -> bool:
    """Whether these words mean a lost GPU; in a container `Unknown Error` may be the container's."""
    said = (words or "").lower()
    return any(w in said for w in LOST[:3]) or (not boxed and LOST[3] in said)


def _told(machine: Machine) -> Iterator[tuple[str, str, str]]:
    """Subject, fact and words of each place where the driver may speak of it."""
    for gpu in value_of(machine.gpus) or ():
        if gpu.health is not None and gpu.health.error:
            yield f"gpu {gpu.index}", "gpus", gpu.health.error
    driver: NvidiaDriver | None = value_of(machine.nvidia_driver)
    for fact in (driver.nvidia_smi, driver.nvml) if driver is not None else ():
        if isinstance(fact, Unreadable):
            yield "nvidia driver", "nvidia_driver", f"{fact.error} {fact.detail}".strip()


@rule(
    code="GP104",
    slug="gpu-lost",
    title="The GPU is on the bus but lost to its driver",
    severity="error",
    unseen=PASSING,
    platforms=(
        "linux",
        "windows",
    ),
    symptoms=(
        Symptom(pattern=r"GPU is lost"),
        Symptom(pattern=r"Unable to determine the device handle for (?:the )?GPU"),
        Symptom(pattern=r"\bfallen off (?:of )?the bus\b"),
        Symptom(pattern=r"GPU requires (?:a )?reset", confidence="medium"),
    ),
    suppresses=(
        "GP102",
        "GP101",
        "GP103",
        "DR113",
    ),
    ask="`sudo dmesg | grep -e Xid -e 'fallen off'`",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], machine: Machine) -> Iterator[Draft]:
    boxed = isinstance(machine.container, Known)
    for subject, fact, words in _told(machine):
        if _lost(words, boxed):
            yield Draft(
                message=f"The driver has lost a GPU: it says {words[:200]!r}.",
                subject=subject,
                evidence=(fact_evidence(machine, fact, words[:300]),),
                fixes=FIXES,
            )
            return
