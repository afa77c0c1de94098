"""## What it means

A library is forced into every process before those that torch chose.

## How it looks

```text
ERROR: ld.so: object 'libtcmalloc.so.4' from LD_PRELOAD cannot be preloaded (cannot open shared object file): ignored.
```

## Why it happens

A tuning guide or a work-around of another problem set the variable, and it stayed in a profile or an image.

## How envsetup knows

Names in LD_PRELOAD: CUDA's own libraries are a warning where torch fails to import or to see a GPU, otherwise a note; tcmalloc, jemalloc, OpenMP runtimes and sanitizers are a note.

## How to fix

- Start once without it: `env -u LD_PRELOAD python ...`; where that helps, remove it for good (safe)

## When to ignore

Where it is meant: tcmalloc, jemalloc and libiomp5 are recommended for some CPU loads.

## Links

- <https://man7.org/linux/man-pages/man8/ld.so.8.html>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Machine, TorchInstall, Unreadable, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (
    Fix(
        text="Start once without it: `env -u LD_PRELOAD python ...`; where that helps, remove it for good"
    ),
)

CUDA_OWN = re.compile(
    r"lib(?:cuda|cudart|cublas|cublasLt|cudnn|cufft|curand|cusolver|cusparse|nccl|nvrtc|nvJitLink)\b"
)
OTHERS = re.compile(r"tcmalloc|jemalloc|lib[gi]omp|libomp|lib[at]san")


def _works(machine: Machine) -> bool:
    """torch was imported and found nothing to complain of."""
    runtime = value_of(machine.torch_runtime)
    return runtime is None or runtime.cuda_available is not False


def _cannot_import(machine: Machine) -> bool:
    fact = machine.torch_runtime
    return isinstance(fact, Unreadable) and fact.source.kind == "target"


@rule(
    code="CU111",
    slug="ld-preload-interferes",
    title="LD_PRELOAD injects a CUDA, allocator or OpenMP library",
    severity="warning",
    unseen=PART,
    platforms=("linux",),
    symptoms=(Symptom(pattern=r"from LD_PRELOAD cannot be preloaded", confidence="medium"),),
    suppresses=("CU102",),
    ask="`echo $LD_PRELOAD; cat /etc/ld.so.preload`",
    fixes=FIXES,
)
def judge(environment: dict[str, str], torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    for path in environment.get("LD_PRELOAD", "").replace(":", " ").split():
        name = path.rsplit("/", 1)[-1]
        own = CUDA_OWN.match(name) is not None
        if not own and not OTHERS.search(name):
            continue
        sick = own and (_cannot_import(machine) or not _works(machine))
        yield Draft(
            message=f"LD_PRELOAD forces {name} into torch {torch.version}.",
            subject=name,
            evidence=(fact_evidence(machine, "environment", f"LD_PRELOAD: {path}"),),
            fixes=FIXES,
            severity="warning" if sick else "note",
            confidence="medium",
        )
