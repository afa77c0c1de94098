"""## What it means

conda and pip each installed a torch of their own into one environment.

## How it looks

```text
ImportError: ...: undefined symbol: iJIT_NotifyEvent
undefined symbol errors after `pip install` inside a conda environment
```

## Why it happens

Neither sees the other's files: pip's torch overwrites part of conda's, and the libraries of both are loaded together.

## How envsetup knows

conda's record of pytorch beside a torch that pip installed, at different versions; in a pasted `conda list`, a torch by pip beside pytorch.

## How to fix

- Keep one: `conda remove pytorch libtorch`, then reinstall torch with pip (deletes)
- Or make a new environment: `envsetup setup` (safe)

## When to ignore

Where the conda package is a stub that only stands for dependencies.

## Links

- <https://github.com/meta-pytorch/csprng/issues/115>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, Package
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (
    Fix(
        text="Keep one: `conda remove pytorch libtorch`, then reinstall torch with pip",
        safety="deletes",
    ),
    Fix(text="Or make a new environment: `envsetup setup`"),
)


@rule(
    code="PY108",
    slug="conda-pip-mixed-torch",
    title="torch installed by both conda and pip",
    severity="warning",
    unseen=PART,
    symptoms=(
        Symptom(pattern=r"undefined symbol: iJIT_NotifyEvent", confidence="medium"),
        Symptom(pattern=r"libtorch_cpu\.so: undefined symbol: iJIT"),
        Symptom(
            pattern=r"libmkl_intel_lp64\.so\S{0,8} ?.{0,10}cannot open shared object",
            confidence="medium",
        ),
        Symptom(pattern=r"(?:Symbol not found|undefined symbol): ?_?mkl_\w", confidence="medium"),
        Symptom(pattern="Intel MKL FATAL ERROR", confidence="medium"),
    ),
    ask="`conda list | grep -i torch`: does it show both a conda and a pypi build?",
    fixes=FIXES,
)
def judge(packages: tuple[Package, ...], machine: Machine) -> Iterator[Draft]:
    theirs = [p for p in packages if p.manager == "conda" and p.name == "pytorch"]
    ours = [p for p in packages if p.manager == "pip" and p.name == "torch"]
    by_pip = [p for p in ours if (p.installer or "").strip() == "pip"]
    if theirs and by_pip and (_pasted(by_pip[0]) or _public(theirs[0]) != _public(by_pip[0])):
        both = f"conda has {theirs[0].version}, pip {by_pip[0].version}"
        yield Draft(
            message=f"torch is installed twice in this environment: {both}.",
            subject="torch",
            evidence=(fact_evidence(machine, "packages", both),),
            fixes=FIXES,
        )


def _pasted(one: Package) -> bool:
    """Whether conda's own list says that pip brought it: then it is not conda's by another name."""
    return one.location is None


def _public(one: Package) -> str:
    return one.version.partition("+")[0]
