"""## What it means

WSL hands Windows' driver to Linux in /usr/lib/wsl/lib; that folder, or the loader's entry for
it, is missing.

## How it looks

```text
libcuda.so: cannot open shared object file
AssertionError: libcuda.so cannot found!
NVIDIA-SMI 545.46  Driver Version: 546.80  CUDA Version: ERR!
```

## Why it happens

An old WSL or Windows driver, `[automount] ldconfig=false`, or a stale linker cache.

## How envsetup knows

Under WSL 2 the driver answers, but libcuda can't be loaded.

## How to fix

- In Windows: `wsl --update`, then `wsl --shutdown` (safe)
- Update the NVIDIA driver in Windows (root)
- In Linux: `sudo ldconfig`; no ldconfig=false in /etc/wsl.conf (root)

## When to ignore

Without an NVIDIA GPU.

## Links

- <https://github.com/microsoft/WSL/issues/7056>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Known,
    Machine,
    NvidiaDriver,
    Unreadable,
    Wsl,
    value_of,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (
    Fix(text="In Windows: `wsl --update`, then `wsl --shutdown`"),
    Fix(text="Update the NVIDIA driver in Windows", safety="root"),
    Fix(text="In Linux: `sudo ldconfig`; no ldconfig=false in /etc/wsl.conf", safety="root"),
)


@rule(
    code="WS101",
    slug="wsl-libcuda-not-found",
    title="WSL's libcuda is missing or not found",
    severity="error",
    unseen=PART,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"/usr/lib/wsl/lib\S{0,60}.{0,80}(?:cannot open|not found|No such)"),
        Symptom(
            pattern=r"NVIDIA-SMI [\d.]+ .{0,40}Driver Version: [\d.]+ .{0,20}CUDA Version: ERR!"
        ),
        Symptom(
            pattern=r"microsoft-standard.{0,560}Found no NVIDIA driver|Found no NVIDIA driver.{0,560}microsoft-standard",
            confidence="medium",
        ),
        Symptom(
            pattern=r"libcuda\.so\S{0,4} ?cannot open.{0,560}microsoft-standard|microsoft-standard.{0,560}libcuda\.so\S{0,4} ?cannot open",
            confidence="medium",
        ),
    ),
    suppresses=("CU101", "DR101"),
    ask="`ls -l /usr/lib/wsl/lib/libcuda.so.1` and `ldconfig -p | grep libcuda` in WSL.",
    fixes=FIXES,
)
def judge(wsl: Wsl, nvidia_driver: NvidiaDriver, machine: Machine) -> Iterator[Draft]:
    if wsl.version != 2 or not isinstance(nvidia_driver.version, Known):
        return
    cuda = nvidia_driver.cuda_version
    if isinstance(cuda, Known) or (isinstance(cuda, Unreadable) and "ERR" not in cuda.error):
        return
    runtime = value_of(machine.torch_runtime)
    if runtime is not None and runtime.cuda_available:
        return
    yield Draft(
        message=f"Windows' driver {nvidia_driver.version.value} answers in WSL, but libcuda can't be"
        " loaded from /usr/lib/wsl/lib.",
        evidence=(fact_evidence(machine, "wsl", "2"),),
        fixes=FIXES,
        confidence="medium",
    )
