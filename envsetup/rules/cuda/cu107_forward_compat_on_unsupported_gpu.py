"""## What it means

A libcuda of the forward-compatibility package is loaded, and this GPU is none that it serves.

## How it looks

```text
Error 804: forward compatibility was attempted on non supported HW
Error 803: system has unsupported display driver / cuda driver combination
```

## Why it happens

The image brings a cuda-compat folder for data-centre GPUs; GeForce and most workstation cards refuse it.

## How envsetup knows

torch's own error; or libcuda serves a newer CUDA than the driver itself, on a machine with GeForce cards only.

## How to fix

- Keep the host's libcuda first: remove /usr/local/cuda/compat from LD_LIBRARY_PATH, or set NVIDIA_DISABLE_REQUIRE and use an image of the driver's CUDA (safe)
- Take a torch build for the driver: `envsetup install-plan` (safe)
- Or update the driver (reboot)

## When to ignore

Never: CUDA can't start.

## Links

- <https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.knowledge import Knowledge, version_key
from envsetup.model import Fix, Gpu, Known, Machine, NvidiaDriver, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text="Keep the host's libcuda first: remove /usr/local/cuda/compat from LD_LIBRARY_PATH, or set NVIDIA_DISABLE_REQUIRE and use an image of the driver's CUDA"
    ),
    Fix(text="Take a torch build for the driver: `envsetup install-plan`"),
    Fix(text="Or update the driver", safety="reboot"),
)

SAID = ("forward compatibility was attempted", "unsupported display driver / cuda driver")


def _newer_than_driver(driver: NvidiaDriver, knowledge: Knowledge) -> str | None:
    """In words, how libcuda's CUDA exceeds that of the driver; None where it doesn't."""
    version, served = value_of(driver.version), value_of(driver.cuda_version)
    # Early builds of a branch, and Windows' under WSL, are numbered below the first one for Linux.
    branch = f"{version.partition('.')[0]}.999" if version else None
    native = knowledge.driver_cuda(branch, "linux") if branch else None
    if native is None or served is None or version_key(served) <= version_key(native):
        return None
    return f"libcuda serves CUDA {served}, driver {version} itself {native}"


@rule(
    code="CU107",
    slug="forward-compat-on-unsupported-gpu",
    title="CUDA's forward-compatibility libcuda on a GPU that forbids it",
    severity="error",
    unseen="which GPUs refuse it is known of GeForce alone",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"forward compatib\w{1,6} (?:was attempted )?on non supported HW"),
        Symptom(pattern=r"unsupported display driver / cuda driver combination"),
        Symptom(pattern=r"\bError 80[34]\b", confidence="medium"),
        Symptom(
            pattern=r"CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE|cudaErrorCompatNotSupportedOnDevice"
        ),
        Symptom(pattern=r"cudaErrorSystemDriverMismatch|CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"),
        Symptom(pattern=r"cuInit[^\n]{0,40}\b80[34]\b"),
        Symptom(
            pattern=r"\bcuda.{0,80}(?:error|err|failure|code|returned)\W{0,4}803\b|\bcuda.{0,80}(?:error|err|failure|code|returned)\W{0,4}804\b"
        ),
    ),
    ask="`ldconfig -p | grep libcuda` and `echo $LD_LIBRARY_PATH`: is a compat folder there?",
    fixes=FIXES,
)
def judge(
    gpus: tuple[Gpu, ...], nvidia_driver: NvidiaDriver, machine: Machine, knowledge: Knowledge
) -> Iterator[Draft]:
    runtime = value_of(machine.torch_runtime)
    if runtime is not None and (runtime.cuda_available or not runtime.cuda):
        return
    error = runtime.cuda_error or "" if runtime is not None else ""
    if any(words in error for words in SAID):
        yield Draft(
            message="libcuda of the forward-compatibility package doesn't serve this GPU or driver.",
            evidence=(fact_evidence(machine, "torch_runtime", error[:300]),),
            fixes=FIXES,
        )
        return
    mine = [g for g in gpus if g.vendor == "nvidia"]
    consumer = bool(mine) and all("GeForce" in (g.name or "") for g in mine)
    ahead = _newer_than_driver(nvidia_driver, knowledge)
    if consumer and ahead is not None and not isinstance(machine.wsl, Known):
        yield Draft(
            message=f"{mine[0].name} refuses forward compatibility: {ahead}.",
            evidence=(fact_evidence(machine, "nvidia_driver", ahead),),
            fixes=FIXES,
            confidence="medium",
            severity="warning",
        )
