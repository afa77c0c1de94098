"""## What it means

CUDA and ROCm wheels don't exist for macOS; there is one macOS wheel with MPS in it.

## How it looks

```text
torch has no wheels with a matching platform tag (e.g., `macosx_11_0_arm64`)
```

## Why it happens

A project's settings name the index without a marker.

## How envsetup knows

The settings of pip (pip.conf, PIP_INDEX_URL) or uv (uv.toml, UV_INDEX) name /whl/cu or /whl/rocm of PyTorch's index.

## How to fix

- pip: plain `pip install torch` (safe)
- uv: a marker `sys_platform != 'darwin'` on that source (safe)

## When to ignore

With the marker.

## Links

- <https://docs.astral.sh/uv/guides/integration/pytorch/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import SETTINGS

FIXES = (
    Fix(text="pip: plain `pip install torch`"),
    Fix(text="uv: a marker `sys_platform != 'darwin'` on that source"),
)


@rule(
    code="MC107",
    slug="mac-cuda-index-requested",
    title="A CUDA index is configured on a Mac",
    severity="error",
    unseen=SETTINGS,
    platforms=("macos",),
    symptoms=(
        Symptom(
            pattern=r"no wheels with a matching platform tag.{0,40}macosx_\d{1,2}_\d{1,2}_arm64"
        ),
        Symptom(pattern=r"torch\S{0,30}\+cu\d+.{0,200}macosx", confidence="medium"),
    ),
    fixes=FIXES,
)
def judge(index_settings: dict[str, str], machine: Machine) -> Iterator[Draft]:
    for name, url in index_settings.items():
        if "/whl/cu" in url or "/whl/rocm" in url:
            yield Draft(
                message=f"{name} is set to {url}, an index of GPU builds, which has no wheels for macOS.",
                subject=name,
                evidence=(fact_evidence(machine, "index_settings", f"{name}: {url}"),),
                fixes=FIXES,
            )
