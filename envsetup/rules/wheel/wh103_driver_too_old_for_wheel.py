"""## What it means

The NVIDIA driver is older than the CUDA family that torch was built with needs.

## How it looks

```text
UserWarning: CUDA initialization: The NVIDIA driver on your system is too old (found version 12040).
RuntimeError: The NVIDIA driver on your system is too old (found version 11040).
CUDA driver version is insufficient for CUDA runtime version
```

## Why it happens

The default build moved to CUDA 13, which needs driver 580; drivers of clusters and images stay behind.

## How envsetup knows

The driver's version against the floor of the build's CUDA family (12.x: 525.60.13, on Windows 528.33; 13.x: 580). Within a family an older driver works by minor-version compatibility, and a forward-compatibility libcuda counts.

## How to fix

- take a build for this driver: the command of `envsetup install-plan` (safe)
- or install a newer driver, 580 for CUDA 13 (root; a reboot follows)

## When to ignore

Where `torch.cuda.is_available()` is True.

## Links

- <https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.knowledge import Knowledge, cuda_of, version_key
from envsetup.model import Fix, Known, Machine, NvidiaDriver, TorchInstall, value_of
from envsetup.rules import Draft, Symptom, Undecidable, fact_evidence, rule

FIXES = (
    Fix(
        text="Install a build that this driver serves: run what this prints",
        argv=("envsetup", "install-plan"),
    ),
    Fix(text="Or install a newer NVIDIA driver", safety="reboot"),
)


@rule(
    code="WH103",
    slug="driver-too-old-for-wheel",
    title="Driver older than the wheel's CUDA major needs",
    severity="error",
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern=r"NVIDIA driver (?:on your system )?is too old"),
        Symptom(pattern=r"CUDA driver version is insufficient for CUDA runtime version"),
        Symptom(pattern=r"cudaErrorInsufficientDriver"),
        Symptom(pattern=r"cuda\.is_available\(\).{0,20}\bFalse\b", confidence="low"),
        Symptom(pattern=r"CUDA \d{1,2}\.\d is not supported by your driver"),
        Symptom(
            pattern=r"\bdriver \d{3}\b.{0,40}(?:not enough|too old|insufficient)",
            confidence="medium",
        ),
        Symptom(
            pattern=r"API call is not supported in the installed CUDA driver|cudaErrorCallRequiresNewerDriver"
        ),
        Symptom(
            pattern=r"\bcuda.{0,80}(?:error|err|failure|code|returned)\W{0,4}35\b",
            confidence="medium",
        ),
    ),
    ask="`nvidia-smi`: which driver; `python -c 'import torch; print(torch.version.cuda)'`: which CUDA?",
    fixes=FIXES,
)
def judge(
    torch: TorchInstall, nvidia_driver: NvidiaDriver, machine: Machine, knowledge: Knowledge
) -> Iterator[Draft]:
    cuda = _cuda(torch)
    if cuda is None or _works(machine):
        return
    version = value_of(nvidia_driver.version)
    reported = value_of(nvidia_driver.cuda_version)
    found = _found_by_torch(machine)
    if found is not None and version_key(found)[0] < cuda[0]:
        # What torch's own process loaded counts, whatever driver is installed.
        version, reported = None, found
    if version is None and reported is None:
        raise Undecidable("the driver's version is not known", "nvidia_driver.version")
    if reported is not None and version_key(reported)[0] >= cuda[0]:
        return
    os = (
        "windows"
        if isinstance(machine.wsl, Known) or value_of(machine.os) == "windows"
        else "linux"
    )
    floor = knowledge.driver_floor(f"{cuda[0]}.{cuda[1]}", os)
    if floor is None or (
        version is not None and version_key(version) >= version_key(floor.version)
    ):
        return
    have = f"driver {version}" if version else f"a driver for CUDA {reported}"
    yield Draft(
        message=f"torch {torch.version} needs NVIDIA driver {floor.version} or newer for CUDA {cuda[0]}; this is {have}.",
        subject="torch",
        evidence=(
            fact_evidence(machine, "torch", torch.version),
            fact_evidence(machine, "torch_runtime", _words(machine))
            if found is not None and reported == found
            else fact_evidence(machine, "nvidia_driver", have),
        ),
        fixes=FIXES,
    )


def _cuda(torch: TorchInstall) -> tuple[int, int] | None:
    if torch.hip is not None or torch.build in ("cpu", "xpu", "mps"):
        return None
    if torch.cuda:
        major, _, minor = torch.cuda.partition(".")
        if major.isdigit():
            return int(major), int(minor.split(".")[0] or 0)
    return cuda_of(torch.build)


_FOUND = re.compile(r"driver on your system is too old \(found version (\d{4,5})\)")
"""torch/cuda/__init__.py, `_check_driver`: the number is cuDriverGetVersion's."""


def _found_by_torch(machine: Machine) -> str | None:
    """The CUDA version of the libcuda that torch loaded, where torch says that it is too old."""
    found = _FOUND.search(_words(machine))
    return f"{int(found[1]) // 1000}.{int(found[1]) % 1000 // 10}" if found else None


def _words(machine: Machine) -> str:
    runtime = value_of(machine.torch_runtime)
    return (runtime.cuda_error or "") if runtime is not None else ""


def _works(machine: Machine) -> bool:
    """What was seen to work is believed over every table."""
    runtime = value_of(machine.torch_runtime)
    return runtime is not None and runtime.cuda_available is True
