"""## What it means

torch's index is given as an extra one, so the installer compares it with the default index and may take the other's build.

## How it looks

```text
Looking in indexes: ..., https://download.pytorch.org/whl/cu126
the CUDA index was given and another build was installed
```

## Why it happens

pip treats all indexes alike and takes the highest version, whichever holds it.

## How envsetup knows

PIP_EXTRA_INDEX_URL naming a build of torch's index that is not the installed one, where torch does not see a GPU.

## How to fix

- Install torch with its index as the only one (`--index-url`), the rest afterwards (safe)
- uv: an index with explicit = true and torch's source set to it (safe)

## When to ignore

Where the installed build is the wanted one.

## Links

- <https://github.com/astral-sh/uv/issues/15446>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Machine, TorchInstall, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import SETTINGS

FIXES = (
    Fix(text="Install torch with its index as the only one (`--index-url`), the rest afterwards"),
    Fix(text="uv: an index with explicit = true and torch's source set to it"),
)
TAG = re.compile(r"download\.pytorch\.org/whl/(?:nightly/|test/)?(cpu|xpu|cu\d{3}|rocm[\d.]+)\b")


@rule(
    code="WH104",
    slug="extra-index-mixing",
    title="--extra-index-url lets another index win",
    severity="warning",
    unseen=SETTINGS,
    symptoms=(
        Symptom(
            pattern=r"Looking in indexes: [^\n]{1,120}, https://download\.pytorch\.org/whl/",
            confidence="low",
        ),
    ),
    suppresses=("WH101",),
    ask="`pip config list` and `env | grep -i index`",
    fixes=FIXES,
)
def judge(torch: TorchInstall, environment: dict[str, str], machine: Machine) -> Iterator[Draft]:
    runtime = value_of(machine.torch_runtime)
    if runtime is not None and runtime.cuda_available:
        return
    wanted = TAG.findall(environment.get("PIP_EXTRA_INDEX_URL", ""))
    if wanted and torch.build and torch.build not in wanted:
        yield Draft(
            message=f"PIP_EXTRA_INDEX_URL asks for {wanted[0]}, and torch is {torch.version}.",
            subject="PIP_EXTRA_INDEX_URL",
            evidence=(
                fact_evidence(machine, "environment", f"PIP_EXTRA_INDEX_URL: {wanted[0]}"),
                fact_evidence(machine, "torch", torch.version),
            ),
            fixes=FIXES,
            severity="error" if torch.build == "cpu" and _has_gpu(machine) else None,
        )


def _has_gpu(machine: Machine) -> bool:
    """A GPU that the build that was asked for would serve, and the one that came doesn't."""
    return any(not g.integrated for g in value_of(machine.gpus) or ())
