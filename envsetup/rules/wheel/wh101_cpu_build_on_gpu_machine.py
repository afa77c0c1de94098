"""## What it means

The installed torch is a CPU build on a machine whose GPU another build could use.

## How it looks

```text
AssertionError: Torch not compiled with CUDA enabled
torch.cuda.is_available() is False, and torch.__version__ ends in +cpu
```

## Why it happens

The default index holds the CPU build for Windows (and for Arm Linux up to torch 2.10); a later `pip install` of another package replaced the GPU build; a lock file was made elsewhere.

## How envsetup knows

`torch/version.py` names a CPU build, and the machine has a GPU for which a published build has kernels.

## How to fix

- run the command of `envsetup install-plan` in this environment (safe)
- keep it so: pin the version with its build, such as `torch==2.14.1+cu126` (safe)

## When to ignore

Where the CPU is meant to do the work.

## Links

- <https://pytorch.org/get-started/locally/>
- <https://github.com/astral-sh/uv/issues/17236>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.knowledge import Knowledge, identify
from envsetup.model import (
    Fix,
    Gpu,
    Known,
    Machine,
    NvidiaDriver,
    TorchInstall,
    TorchRuntime,
    Unreadable,
    value_of,
)
from envsetup.rules import Draft, Symptom, Undecidable, fact_evidence, rule

FIXES = (
    Fix(
        text="Install the build for this GPU: run what this prints",
        argv=("envsetup", "install-plan"),
    ),
)
OLDEST_SERVED = (5, 0)
"""No wheel since torch 2.8 holds kernels below this compute capability."""


@rule(
    code="WH101",
    slug="cpu-build-on-gpu-machine",
    title="CPU-only torch on a machine with a usable GPU",
    severity="error",
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern=r"Torch not compiled with CUDA enabled"),
        Symptom(pattern=r"torch\S{0,20}\+cpu\b", confidence="medium"),
        Symptom(pattern=r"PyTorch version: \d\S{1,20}\+cpu\b", confidence="low"),
        Symptom(pattern=r"\bCPU(?:-only)? (?:Py)?torch on\b", confidence="low"),
        Symptom(pattern=r"PyTorch was compiled without CUDA"),
        Symptom(
            pattern=r"installed as (?:the )?CPU(?:-only)? (?:version|build)", confidence="medium"
        ),
        Symptom(pattern=r"Torch is not able to use GPU", confidence="low"),
        Symptom(
            pattern=r"deserialize object on a CUDA device but torch\.cuda\.is_available\(\) is False",
            confidence="low",
        ),
        Symptom(pattern=r"cuda\.is_available\(\).{0,30}\bFalse\b", confidence="low"),
        Symptom(pattern="CPU[- ]only (?:build|version|wheel) of (?:Py)?torch"),
        Symptom(
            pattern=r"CUDA is not available.{0,200}\d\+cpu\b|\d\+cpu\b.{0,200}CUDA is not available",
            confidence="medium",
        ),
        Symptom(pattern=r"\btorch\b.{0,40}\d\+cpu\b", confidence="medium"),
        Symptom(pattern=r"Invalid CUDA .{0,3}device\b|CUDA unavailable\b", confidence="low"),
        Symptom(pattern=r"torch was built without CUDA"),
        Symptom(
            pattern=r"\bCPU(?:[- ]only)? (?:build|version|wheel) of (?:Py)?torch|torch\b.{0,40}\bCPU(?:[- ]only)? (?:build|wheel)\b",
            confidence="medium",
        ),
        Symptom(pattern=r"torch\.version\.cuda\b.{0,12}\bNone\b", confidence="medium"),
        Symptom(
            pattern=r"No (?:supported )?GPU (?:backend )?(?:was )?found|requires a GPU\b|GPU is (?:needed|required)|can access a CUDA device|CUDAAccelerator.{0,80}not available",
            confidence="low",
        ),
    ),
    ask="`python -c 'import torch; print(torch.__version__, torch.version.cuda)'`: is it +cpu, is CUDA None?",
    fixes=FIXES,
)
def judge(
    torch: TorchInstall, gpus: tuple[Gpu, ...], machine: Machine, knowledge: Knowledge
) -> Iterator[Draft]:
    if torch.build != "cpu" or _other_device(value_of(machine.torch_runtime)):
        return
    usable = [
        g
        for g in gpus
        if not g.integrated and _usable(g, value_of(machine.nvidia_driver), knowledge)
    ]
    if not usable and _unknown(gpus, machine):
        raise Undecidable("the driver's version is not known", "nvidia_driver.version")
    if not usable:
        return
    names = ", ".join(g.name or g.vendor for g in usable)
    yield Draft(
        message=f"torch {torch.version} is a CPU build; {names} stays unused.",
        subject="torch",
        evidence=(
            fact_evidence(machine, "torch", torch.version),
            fact_evidence(machine, "gpus", names),
        ),
        fixes=FIXES,
    )


def _other_device(runtime: TorchRuntime | None) -> bool:
    """A plug-in brought a device of its own: a CPU build beside it is right."""
    return runtime is not None and (
        runtime.cuda_available is True or any(d.kind != "cpu" for d in runtime.devices)
    )


def _unknown(gpus: tuple[Gpu, ...], machine: Machine) -> bool:
    """Whether nobody knows if a driver serves a card of NVIDIA's; without a driver none does."""
    driver = machine.nvidia_driver
    version = driver.value.version if isinstance(driver, Known) else driver
    cards = any(g.vendor == "nvidia" and not g.integrated for g in gpus)
    return cards and isinstance(version, Unreadable)


def _usable(gpu: Gpu, driver: NvidiaDriver | None, knowledge: Knowledge) -> bool:
    gpu = identify(gpu, knowledge)
    if gpu.vendor == "nvidia":
        capability = gpu.compute_capability
        version = value_of(driver.version) if driver else None
        served = capability is not None and tuple(map(int, capability.split("."))) >= OLDEST_SERVED
        return version is not None and served
    return gpu.vendor == "amd" and gpu.gfx is not None and bool(knowledge.gfx_builds(gpu.gfx))
