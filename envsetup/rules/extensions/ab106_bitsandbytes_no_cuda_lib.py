"""## What it means

bitsandbytes carries one library per CUDA version, and none for this torch.

## How it looks

```text
CUDA Setup failed despite GPU being available.
Could not find the bitsandbytes CUDA binary at …/libbitsandbytes_cuda124.so
```

## Why it happens

An old bitsandbytes, or BNB_CUDA_VERSION left over.

## How envsetup knows

The libraries `libbitsandbytes_cudaNNN.so` of the installed package, against the CUDA version that torch was built with, or
the one that BNB_CUDA_VERSION names. On Linux.

## How to fix

- `pip install -U bitsandbytes` (safe)
- `unset BNB_CUDA_VERSION` (safe)

## When to ignore

On CPU and XPU.

## Links

- <https://github.com/bitsandbytes-foundation/bitsandbytes/issues/572>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Extension, Fix, Machine, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (
    Fix(text="`pip install -U bitsandbytes`"),
    Fix(text="`unset BNB_CUDA_VERSION`"),
)

LIBRARY = re.compile(r"/libbitsandbytes_cuda(\d+)\.so$")


@rule(
    code="AB106",
    slug="bitsandbytes-no-cuda-lib",
    title="bitsandbytes has no library for this CUDA",
    severity="warning",
    unseen=PART,
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(pattern="CUDA Setup failed despite (?:GPU|CUDA) being available"),
        Symptom(pattern="bitsandbytes CUDA binary"),
        Symptom(pattern=r"libbitsandbytes_cuda\d\w{0,30}\.(?:so|dll)"),
        Symptom(pattern="bitsandbytes was compiled without GPU support"),
        Symptom(pattern=r"libbitsandbytes_\w{1,12}\.(?:so|dll): undefined symbol"),
        Symptom(pattern=r"has no attribute 'c(?:get_col_row|(?:de)?quantize|adam|gemm)\w{0,40}'"),
        Symptom(
            pattern=r"CUDA[_ ]SETUP: (?:WARNING!|Something unexpected|Setup Failed|Problem)|did not contain \['libcudart"
        ),
        Symptom(
            pattern=r"bitsandbytes library load error|bitsandbytes native library|not available for bitsandbytes"
        ),
        Symptom(
            pattern=r"latest version of bitsandbytes|No libcudart\.so found! Install CUDA",
            confidence="medium",
        ),
        Symptom(pattern=r"argument of type 'WindowsPath' is not iterable"),
        Symptom(pattern=r"Error named symbol not found at line \d", confidence="medium"),
    ),
    fixes=FIXES,
)
def judge(
    extensions: tuple[Extension, ...],
    torch: TorchInstall,
    environment: dict[str, str],
    machine: Machine,
) -> Iterator[Draft]:
    there = {m.group(1) for one in extensions if (m := LIBRARY.search(one.path))}
    named = environment.get("BNB_CUDA_VERSION", "").replace(".", "")
    wanted = named or (torch.cuda or "").replace(".", "")
    if not there or not wanted or wanted in there:
        return
    cause = "BNB_CUDA_VERSION names" if named else f"torch {torch.version} takes"
    yield Draft(
        message=f"bitsandbytes has no library for the CUDA version that {cause} ({wanted}), only for "
        f"{', '.join(sorted(there))}.",
        subject="bitsandbytes",
        evidence=(fact_evidence(machine, "extensions", ", ".join(sorted(there))),),
        fixes=FIXES,
    )
