"""## What it means

CUDA can't start although the driver answers: its unified-memory module is missing or stuck.

## How it looks

```text
RuntimeError: CUDA unknown error - this may be due to an incorrectly set up environment
CUDA_ERROR_UNKNOWN: unknown error
```

## Why it happens

After suspend the module keeps a state that no new process can use; in containers and on headless servers nobody loaded it.

## How envsetup knows

The node of a GPU is there and /dev/nvidia-uvm isn't, libcuda answers, and torch can't use CUDA. Broken after suspend, the node is there all the same, and torch's own error tells.

## How to fix

- Reload it, with no program on the GPU: `sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm` (root)
- Load it at start: `sudo nvidia-modprobe -u -c=0` (root)
- Or reboot (reboot)

## When to ignore

Never where the GPU is needed.

## Links

- <https://github.com/pytorch/pytorch/issues/49081>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Known, Machine, NvidiaDriver, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text="Reload it, with no program on the GPU: `sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm`",
        safety="root",
    ),
    Fix(text="Load it at start: `sudo nvidia-modprobe -u -c=0`", safety="root"),
    Fix(text="Or reboot", safety="reboot"),
)

UVM = "/dev/nvidia-uvm"


@rule(
    code="DR107",
    slug="uvm-missing-or-stuck",
    title="nvidia-uvm is not loaded, or broken after suspend",
    severity="error",
    unseen="after a suspend the module is there and doesn't work",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"CUDA unknown error"),
        Symptom(pattern=r"CUDA_ERROR_UNKNOWN\b"),
        Symptom(pattern=r"\bUNKNOWN_ERROR ?\((?:30|99|999)\)"),
        Symptom(pattern=r"\berror ?[=(] ?(?:30|999)\)? ?: unknown error"),
        Symptom(pattern=r"cuInit[^\n]{0,40}\b999\b"),
        Symptom(pattern=r"nvidia[-_]uvm[^\n]{0,60}(?:not|fail|missing)", confidence="medium"),
        Symptom(
            pattern=r"CUDA error.{0,300}\b(?:suspend|hibernat|resum(?:e|ing) from)|\b(?:suspend|hibernat).{0,300}CUDA error",
            confidence="medium",
        ),
        Symptom(
            pattern=r"CUDA (?:driver )?error: unknown error|\bcudaErrorUnknown\b",
            confidence="medium",
        ),
        Symptom(
            pattern=r"OS call failed or operation not supported on this OS|cudaErrorOperatingSystem|CUDA_ERROR_OPERATING_SYSTEM",
            confidence="low",
        ),
        Symptom(pattern=r"could not insert '?nvidia[-_]uvm'?", confidence="medium"),
        Symptom(pattern=r"\bcuda.{0,80}(?:error|err|failure|code|returned)\W{0,4}999\b"),
        Symptom(
            pattern=r"failed to initialize CUDA: unknown error|Unknown error initializing cuda"
        ),
        Symptom(pattern=r"CUDA error: unspecified launch failure", confidence="low"),
        Symptom(
            pattern=r"(?:CUDA|GPU)\b.{0,100}suspen(?:d|sion)|suspen(?:d|sion).{0,100}\b(?:CUDA|GPU)\b|\b(?:wakes|woke|waking)\b.{0,80}\bcuda\b|\bGPU\b.{0,80}\b(?:wakes|woke|waking) up",
            confidence="low",
        ),
    ),
    ask="`lsmod | grep nvidia_uvm`; `ls -l /dev/nvidia-uvm`; was the machine suspended?",
    fixes=FIXES,
)
def judge(nvidia_driver: NvidiaDriver, machine: Machine) -> Iterator[Draft]:
    runtime = value_of(machine.torch_runtime)
    nodes = value_of(nvidia_driver.device_nodes)
    if runtime is None or runtime.cuda_available is not False or not runtime.cuda:
        return
    if not nodes or UVM in nodes or isinstance(machine.wsl, Known):
        return
    if not any(node.removeprefix("/dev/nvidia").isdigit() for node in nodes):
        return
    if not isinstance(nvidia_driver.version, Known) or not isinstance(
        nvidia_driver.cuda_version, Known
    ):
        return
    yield Draft(
        message=f"The GPU's node is there and {UVM} isn't: CUDA can't start.",
        evidence=(
            fact_evidence(machine, "nvidia_driver", f"device nodes: {', '.join(nodes)}"),
            fact_evidence(machine, "torch_runtime", runtime.cuda_error or "cuda_available: False"),
        ),
        fixes=FIXES,
    )
