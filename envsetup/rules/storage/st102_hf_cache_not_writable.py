"""## What it means

Downloads of models end with a refusal.

## How it looks

```text
PermissionError: [Errno 13] Permission denied: '/home/user/.cache/huggingface/token'
There was a problem when trying to write in your cache folder
```

## Why it happens

Files made by root after sudo or in a container.

## How envsetup knows

huggingface-hub is installed, and its cache (HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME, ~/.cache/huggingface), or the folder
in which it would be made, can't be written. Not with HF_HUB_OFFLINE.

## How to fix

- `export HF_HOME=<a folder of your own>` (safe)
- `sudo chown -R $USER ~/.cache/huggingface` (root)

## When to ignore

With a read-only cache on purpose.

## Links

- <https://huggingface.co/docs/huggingface_hub/guides/manage-cache>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Filesystem, Fix, Machine, Package
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PLACES

FIXES = (
    Fix(text="`export HF_HOME=<a folder of your own>`"),
    Fix(text="`sudo chown -R $USER ~/.cache/huggingface`", safety="root"),
)


@rule(
    code="ST102",
    slug="hf-cache-not-writable",
    title="The model cache can't be written",
    severity="error",
    unseen=PLACES,
    symptoms=(
        Symptom(pattern=r"Permission denied.{0,60}(?:huggingface|\.cache/torch|/hub)"),
        Symptom(pattern="problem when trying to write in your cache folder"),
        Symptom(pattern="Check cache directory permissions"),
    ),
    fixes=FIXES,
)
def judge(
    storage: tuple[Filesystem, ...],
    packages: tuple[Package, ...],
    environment: dict[str, str],
    machine: Machine,
) -> Iterator[Draft]:
    used = any(p.name == "huggingface-hub" for p in packages)
    if not used or environment.get("HF_HUB_OFFLINE", "0") not in ("", "0"):
        return
    for place in storage:
        if place.role == "model-cache" and place.writable is False and "torch" not in place.path:
            yield Draft(
                message=f"Models can't be kept: {place.path} can't be written.",
                subject=place.path,
                evidence=(fact_evidence(machine, "storage", f"{place.path} not writable"),),
                fixes=FIXES,
                severity="warning",
            )
