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

Only the error text tells: no fact that is read without running the failing program decides it.

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

from envsetup.model import Fix
from envsetup.rules import Symptom, text_rule

text_rule(
    __name__,
    code="CU107",
    slug="forward-compat-on-unsupported-gpu",
    title="CUDA's forward-compatibility libcuda on a GPU that forbids it",
    severity="error",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"forward compatibility was attempted on non supported HW"),
        Symptom(pattern=r"unsupported display driver / cuda driver combination"),
        Symptom(pattern=r"\bError 80[34]\b", confidence="medium"),
        Symptom(
            pattern=r"CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE|cudaErrorCompatNotSupportedOnDevice"
        ),
    ),
    ask="`ldconfig -p | grep libcuda` and `echo $LD_LIBRARY_PATH`: is a compat folder there?",
    fixes=(
        Fix(
            text="Keep the host's libcuda first: remove /usr/local/cuda/compat from LD_LIBRARY_PATH, or set NVIDIA_DISABLE_REQUIRE and use an image of the driver's CUDA"
        ),
        Fix(text="Take a torch build for the driver: `envsetup install-plan`"),
        Fix(text="Or update the driver", safety="reboot"),
    ),
)
