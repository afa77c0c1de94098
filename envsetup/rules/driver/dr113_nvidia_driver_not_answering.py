"""## What it means

The NVIDIA driver is there and does not answer, or answers with an error.

## How it looks

```text
nvidia-smi hangs and can't be interrupted
NVRM: Xid ... GPU has fallen off the bus
Unable to determine the device handle for GPU0000:01:00.0: Unknown Error
```

## Why it happens

A GPU fell off the bus, a process holds the driver in the kernel, or its start failed. Whatever asks the driver then waits in the kernel, where no signal reaches it.

## How envsetup knows

NVML is asked in a process of its own under a limit; its silence or its own error is the evidence. Where there is no NVML, an nvidia-smi that hangs or prints what nobody can read.

## How to fix

- look at the kernel log for what the driver said: `sudo dmesg | grep -i -e nvrm -e xid` (root)
- reboot; where it comes back, power the machine off and on, and check the seating and power of the GPU (reboot)

## When to ignore

Never where the GPU is needed.

## Links

- <https://docs.nvidia.com/deploy/xid-errors/index.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Known, Machine, NvidiaDriver, Unreadable, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PASSING

SICK = ("did not answer", "printed without end", "unreadable output")
"""What the probe says of an nvidia-smi that doesn't answer as one does."""
FIXES = (
    Fix(text="Look at what the driver said: `sudo dmesg | grep -i -e nvrm -e xid`", safety="root"),
    Fix(text="Reboot; where it comes back, power the machine off and on", safety="reboot"),
)


SLOW_FIXES = (
    Fix(
        text="Keep the driver's state between jobs (persistence), so that the first call doesn't start it anew: `sudo nvidia-smi -pm 1`",
        safety="root",
    ),
)
"""Initialising several GPUs without persistence takes from 6 s (nvtrust#113) to over 25 s (AgentBaker#2829)."""


@rule(
    code="DR113",
    slug="nvidia-driver-not-answering",
    title="The NVIDIA driver does not answer, or answers with an error",
    severity="error",
    unseen=PASSING,
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern=r"Unable to determine the device handle for GPU", confidence="medium"),
        Symptom(pattern=r"nvidia-smi (?:hangs|is stuck|does not respond)"),
        Symptom(pattern=r"\bNo devices were found\b", confidence="low"),
        Symptom(pattern=r"No NVIDIA graphics adapter probed", confidence="medium"),
        Symptom(
            pattern=r"Insufficient External Power|improperly attached external power",
            confidence="medium",
        ),
        Symptom(pattern=r"could not insert '?nvidia'?: No such device", confidence="medium"),
        Symptom(
            pattern=r"NVIDIA probe routine failed|None of the NVIDIA devices were initialized",
            confidence="medium",
        ),
        Symptom(
            pattern=r"is not supported by the (?:NVRM: )?NVIDIA \S{1,20} driver release|Cannot initialize GSP firmware RM",
            confidence="medium",
        ),
        Symptom(pattern=r"failure during GPU discovery", confidence="low"),
    ),
    suppresses=("WH101", "DR101"),
    ask="`sudo dmesg | grep -i -e nvrm -e xid`: what did the driver say last?",
    fixes=FIXES,
)
def judge(nvidia_driver: NvidiaDriver, machine: Machine) -> Iterator[Draft]:
    told = nvidia_driver.nvml
    if not isinstance(told, Unreadable):
        yield from _by_program(nvidia_driver, machine)
        return
    if told.source.kind != "nvml" or "mismatch" in told.error.lower():
        return
    silent = "did not answer" in told.error or "ended its process" in told.error
    if not silent and not isinstance(nvidia_driver.version, Known):
        return  # no module: leftovers of a driver on a machine without one are no fault of it
    runtime = value_of(machine.torch_runtime)
    if runtime is not None and runtime.cuda_available:
        yield Draft(
            message=f"The NVIDIA driver is slow to answer, though torch can use CUDA: {told.error.rstrip('.')}.",
            evidence=(fact_evidence(machine, "nvidia_driver", told.error),),
            fixes=SLOW_FIXES,
            severity="note",
        )
        return
    yield Draft(
        message=f"The NVIDIA driver can't be used: {told.error.rstrip('.')}.",
        evidence=(fact_evidence(machine, "nvidia_driver", told.error),),
        fixes=FIXES,
    )


def _by_program(nvidia_driver: NvidiaDriver, machine: Machine) -> Iterator[Draft]:
    """nvidia-smi, where NVML told nothing.

    That it finds no driver may be as it should be: many an image of a cloud brings the program along
    for machines without a GPU.
    """
    said = nvidia_driver.nvidia_smi
    if not isinstance(said, Unreadable) or said.source.kind != "program":
        return
    if "mismatch" in said.error.lower() or isinstance(nvidia_driver.nvml, Known):
        return
    sick = any(words in said.error for words in SICK)
    yield Draft(
        message=f"nvidia-smi is there and fails: {said.error.rstrip('.')}.",
        evidence=(fact_evidence(machine, "nvidia_driver", said.error),),
        fixes=FIXES,
        severity="warning" if sick else "note",
    )
