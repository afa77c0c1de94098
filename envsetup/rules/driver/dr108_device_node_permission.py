"""## What it means

The driver is loaded, and this user may not open its device nodes, so no GPU is seen.

## How it looks

```text
Failed to initialize NVML: Insufficient Permissions
RuntimeError: No CUDA GPUs are available
```

## Why it happens

The nodes belong to a group that the user is not in, were made with a narrow mode, or a scheduler keeps the job off GPUs it did not ask for.

## How envsetup knows

Whether this user may read and write /dev/nvidiactl, /dev/nvidia-uvm and at least one /dev/nvidia0 and on; outside of Slurm jobs.

## How to fix

- Join the group that owns the nodes (`ls -l /dev/nvidia*`), then log in again (root)
- Or widen their mode: `options nvidia NVreg_DeviceFileMode=0666` in /etc/modprobe.d, and reload the module (root)
- On a cluster: ask for a GPU, for example `--gres=gpu:1` (safe)

## When to ignore

Where GPUs are kept from this user on purpose.

## Links

- <https://github.com/NVIDIA/nvidia-container-toolkit/issues/1744>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text="Join the group that owns the nodes (`ls -l /dev/nvidia*`), then log in again",
        safety="root",
    ),
    Fix(
        text="Or widen their mode: `options nvidia NVreg_DeviceFileMode=0666` in /etc/modprobe.d, and reload the module",
        safety="root",
    ),
    Fix(text="On a cluster: ask for a GPU, for example `--gres=gpu:1`"),
)
SHARED = ("/dev/nvidiactl", "/dev/nvidia-uvm")
"""Nodes that every CUDA program opens, whichever GPU it uses."""


@rule(
    code="DR108",
    slug="device-node-permission",
    title="/dev/nvidia* exist but this user may not open them",
    severity="error",
    unseen="some queries need more than the right to open the nodes",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"initialize NVML: Insufficient Permissions"),
        Symptom(pattern=r"NVML_ERROR_NO_PERMISSION"),
        Symptom(
            pattern=r"/dev/nvidia(?:\d{1,2}|ctl|-uvm)\W{0,3}:? ?(?:Permission denied|Operation not permitted)"
        ),
        Symptom(pattern=r"No CUDA GPUs are available", confidence="low"),
        Symptom(
            pattern=r"NVIDIA-SMI has failed because you do not have (?:suitable|sufficient) permissions"
        ),
        Symptom(pattern=r"NVMLError_NoPermission|nvml error: insufficient permissions"),
    ),
    suppresses=("DR107",),
    ask="`ls -l /dev/nvidia*` and `id`: may this user open them?",
    fixes=FIXES,
)
def judge(device_access: dict[str, bool], machine: Machine) -> Iterator[Draft]:
    if "SLURM_JOB_ID" in (value_of(machine.environment) or {}):
        return
    denied = [n for n in SHARED if device_access.get(n) is False]
    own = {n: may for n, may in device_access.items() if n.removeprefix("/dev/nvidia").isdigit()}
    if own and not any(own.values()):
        denied += sorted(own)
    if denied:
        names = ", ".join(denied)
        yield Draft(
            message=f"This user may not open {names}: no GPU can be used.",
            evidence=(fact_evidence(machine, "device_access", f"not openable: {names}"),),
            fixes=FIXES,
        )
