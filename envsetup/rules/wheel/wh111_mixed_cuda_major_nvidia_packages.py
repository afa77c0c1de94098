"""## What it means

The same NVIDIA library is installed for several CUDA majors; they own the same files or load together.

## How it looks

```text
nvidia-nccl-cu11 and nvidia-nccl-cu12 in one pip list
undefined symbol: ncclCommRegister
```

## Why it happens

An upgrade of torch to another CUDA major left the old packages, or another framework brought them.

## How envsetup knows

Two installed distributions nvidia-NAME-cuXX of one NAME and different majors, one of them not of torch's own major.

## How to fix

- make a new environment: `envsetup setup` (safe)
- or uninstall those of the other major, then reinstall torch with its dependencies, since uninstalling removes shared files (deletes)

## When to ignore

Where another framework in the environment needs the other major and both were proven.

## Links

- <https://github.com/pytorch/pytorch/issues/91122>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Machine, Package, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="Make a new environment", argv=("envsetup", "setup")),
    Fix(
        text="Or uninstall those of the other major, then reinstall torch with its dependencies",
        safety="deletes",
    ),
)
NAME = re.compile(r"nvidia-([a-z0-9-]+)-cu(\d\d)")


@rule(
    code="WH111",
    slug="mixed-cuda-major-nvidia-packages",
    title="nvidia-* packages of several CUDA majors installed together",
    severity="error",
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(
            pattern=r"nvidia-\w{1,20}-cu11[^\n]{0,80}nvidia-\w{1,20}-cu1[23]", confidence="medium"
        ),
    ),
    suppresses=("PY113",),
    ask="`pip list | grep nvidia-`: does one library stand there for two CUDA majors?",
    fixes=FIXES,
)
def judge(torch: TorchInstall, packages: tuple[Package, ...], machine: Machine) -> Iterator[Draft]:
    if torch.cuda is None:
        return
    majors: dict[str, set[str]] = {}
    for one in packages:
        match = NAME.fullmatch(one.name)
        if match:
            majors.setdefault(match.group(1), set()).add(match.group(2))
    twice = sorted(name for name, found in majors.items() if len(found) > 1)
    if twice:
        names = ", ".join(f"nvidia-{n}-cu{'/cu'.join(sorted(majors[n]))}" for n in twice)
        yield Draft(
            message=f"Libraries of several CUDA majors are installed together: {names}.",
            subject="nvidia packages",
            evidence=(fact_evidence(machine, "packages", names),),
            fixes=FIXES,
        )
