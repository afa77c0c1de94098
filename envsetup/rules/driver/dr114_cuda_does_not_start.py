"""## What it means

torch is built for CUDA, the GPU and its driver are there, and `torch.cuda.is_available()` is False.

## How it looks

```text
RuntimeError: CUDA driver initialization failed, you might not have a CUDA gpu.
```

## Why it happens

Something between torch and the GPU fails: the driver's library, the permissions of its devices, a container's settings. Each cause that is known is looked for first; this finding stands where none of them was seen.

## How envsetup knows

NVML or the system's files name an NVIDIA GPU and its driver, torch names the CUDA version that it is built for, and its own look for devices ended with none.

## How to fix

- Run `nvidia-smi`; where it fails too, the driver is at fault and not torch: restart the machine, or reinstall the driver (reboot)
- Get torch's whole message and look it up: `python -c "import torch; torch.cuda.init()" 2>&1 | envsetup explain -` (safe)

## When to ignore

In a job that asked for no GPU.

## Links

- <https://docs.pytorch.org/docs/stable/generated/torch.cuda.init.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine, NvidiaDriver, TorchRuntime, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text='Get torch\'s whole message and look it up: `python -c "import torch; torch.cuda.init()" 2>&1 | envsetup explain -`'
    ),
    Fix(text="Run `nvidia-smi`; where it fails too, restart the machine", safety="reboot"),
)


@rule(
    code="DR114",
    slug="cuda-does-not-start",
    title="The GPU and its driver are there, and torch can't start CUDA",
    severity="error",
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(
            pattern=r"CUDA driver initialization failed, you might not have a CUDA gpu",
            confidence="medium",
        ),
        Symptom(
            pattern=r"Unexpected error from cudaGetDeviceCount\(\)\. Did you run some cuda functions",
            confidence="low",
        ),
        Symptom(pattern=r"cuda driver library init failure", confidence="medium"),
    ),
    yields_to=("DR", "CU", "CT", "WS", "WH101", "WH103", "WH106", "WH107", "GP", "PY113"),
    ask="`nvidia-smi`, and `python -c 'import torch; torch.cuda.init()'`: what do they say?",
    fixes=FIXES,
)
def judge(
    torch_runtime: TorchRuntime,
    gpus: tuple[Gpu, ...],
    nvidia_driver: NvidiaDriver,
    environment: dict[str, str],
    machine: Machine,
) -> Iterator[Draft]:
    if not torch_runtime.cuda or torch_runtime.cuda_available is not False:
        return
    mine = [g for g in gpus if g.vendor == "nvidia"]
    version = value_of(nvidia_driver.version)
    if not mine or version is None or _hidden(environment):
        return
    said = torch_runtime.cuda_error
    words = f": it says {said[:300]!r}" if said else ""
    yield Draft(
        message=f"{mine[0].name or 'The GPU'} and driver {version} are there, and torch can't use CUDA{words}.",
        subject="torch",
        evidence=(
            fact_evidence(
                machine, "torch_runtime", said[:300] if said else "cuda_available: False"
            ),
            fact_evidence(machine, "gpus", ", ".join(g.name or "?" for g in mine)),
        ),
        fixes=FIXES,
    )


def _hidden(environment: dict[str, str]) -> bool:
    """Whether somebody hid the GPUs: on purpose or not, that is another rule's to say."""
    return environment.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1", "NoDevFiles")
