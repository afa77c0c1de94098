"""## What it means

The container has a GPU, but not the driver's compute library, so CUDA can't start.

## How it looks

```text
libcuda.so.1: cannot open shared object file
CUDA Version: N/A
```

## Why it happens

NVIDIA_VISIBLE_DEVICES is empty, void or none, or NVIDIA_DRIVER_CAPABILITIES lacks `compute`;
without the variable some engines mount only the utilities.

## How envsetup knows

In a container with a loaded driver where libcuda is absent, or the variables say so while torch
is a CUDA build.

## How to fix

- `-e NVIDIA_DRIVER_CAPABILITIES=compute,utility -e NVIDIA_VISIBLE_DEVICES=all` (safe)
- Or start from an image that sets both (safe)

## When to ignore

With CDI the variables don't count; and where CPU is meant.

## Links

- <https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Absent,
    Evidence,
    Fix,
    Known,
    Machine,
    NvidiaDriver,
    value_of,
)
from envsetup.rules import Draft, Symptom, rule
from envsetup.rules.undecidable import PART

FIXES = (
    Fix(text=("`-e NVIDIA_DRIVER_CAPABILITIES=compute,utility -e NVIDIA_VISIBLE_DEVICES=all`")),
    Fix(text="Or start from an image that sets both"),
)


@rule(
    code="CT105",
    slug="nvidia-visible-devices-void",
    title="The container's GPU variables ask for too little",
    severity="error",
    unseen=PART,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="NVIDIA_DRIVER_CAPABILITIES", confidence="low"),
        Symptom(
            pattern=r"NVIDIA_DRIVER_CAPABILITIES\s*=(?!\S{0,80}(?:compute|all))",
            confidence="medium",
        ),
        Symptom(pattern="NVIDIA_VISIBLE_DEVICES\\s*=\\s*['\\\"]?(?:void|none)\\b"),
        Symptom(pattern=r"libcuda\.so[.\d]{0,4}: cannot open shared object file", confidence="low"),
        Symptom(
            pattern=r"PTX JIT compiler library not found|cudaErrorJitCompilerNotFound|CUDA_ERROR_JIT_COMPILER_NOT_FOUND|libnvidia-ptxjitcompiler\.so\S{0,6} (?:cannot open|not found)",
            confidence="medium",
        ),
    ),
    suppresses=("CU101", "DR101"),
    fixes=FIXES,
)
def judge(nvidia_driver: NvidiaDriver, machine: Machine) -> Iterator[Draft]:
    if not isinstance(nvidia_driver.version, Known) or isinstance(machine.wsl, Known):
        return
    if not isinstance(nvidia_driver.cuda_version, Absent):
        return
    contained = isinstance(machine.container, Known)
    pasted = nvidia_driver.version.source.kind == "text" and not isinstance(
        machine.container, Absent
    )
    if not value_of(machine.gpus) or not (contained or pasted):
        return
    variables = value_of(machine.environment) or {}
    asked = variables.get("NVIDIA_DRIVER_CAPABILITIES")
    said = f" (NVIDIA_DRIVER_CAPABILITIES={asked})" if asked else ""
    yield Draft(
        message=f"The NVIDIA driver {nvidia_driver.version.value} works, but its libcuda is not"
        f" visible here{said}.",
        evidence=(
            Evidence(
                fact="nvidia_driver.cuda_version",
                value="absent",
                source=nvidia_driver.version.source,
            ),
        ),
        fixes=FIXES,
        confidence="high" if contained else "medium",
    )
