"""## What it means

torch meets an NCCL of the system or of another package in place of the one that it pins.

## How it looks

```text
ImportError: libtorch_cuda.so: undefined symbol: ncclCommRegister
undefined symbol: ncclCommWindowRegister
```

## Why it happens

A libnccl.so.2 from the distribution, a module or an image stands earlier in the loader's order. An older one lacks functions that torch calls.

## How envsetup knows

libnccl in the process after `import torch` comes from outside the environment although a package nvidia-nccl is installed. Since the import went well, that is told as a note.

## How to fix

- Take the folder of that libnccl out of LD_LIBRARY_PATH or LD_PRELOAD (safe)
- Reinstall nvidia-nccl at the version that torch pins (safe)

## When to ignore

Where another NCCL is meant, as with a tuned build of a cluster.

## Links

- <https://github.com/pytorch/pytorch/issues/119932>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, Package, Python, TorchRuntime
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.shared.nvidia_libraries import loaded_elsewhere

FIXES = (
    Fix(text="Take the folder of that libnccl out of LD_LIBRARY_PATH or LD_PRELOAD"),
    Fix(text="Reinstall nvidia-nccl at the version that torch pins"),
)


@rule(
    code="CU103",
    slug="system-nccl-shadows",
    title="Another libnccl.so.2 is loaded before torch's own",
    severity="error",
    unseen="an NCCL in the right folder can be of the wrong version",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"libtorch_cuda\S{0,10}: undefined symbol: ?nccl\w{1,40}"),
        Symptom(pattern=r"undefined symbol: ?nccl[A-Z]\w{1,40}", confidence="medium"),
    ),
    ask="`ldconfig -p | grep nccl` and `echo $LD_LIBRARY_PATH`: is there a libnccl beside that of the package nvidia-nccl?",
    fixes=FIXES,
)
def judge(
    torch_runtime: TorchRuntime, packages: tuple[Package, ...], python: Python, machine: Machine
) -> Iterator[Draft]:
    for one in loaded_elsewhere(torch_runtime, python, packages, {"nccl": "nccl"}):
        yield Draft(
            message=f"torch uses NCCL from {one.path}, not the one that was installed with it.",
            subject=one.path,
            evidence=(fact_evidence(machine, "torch_runtime", one.path),),
            fixes=FIXES,
            severity="note",
        )
