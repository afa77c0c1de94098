"""## What it means

A user without a home or a passwd entry runs tools that want to cache.

## How it looks

```text
PermissionError: [Errno 13] Permission denied: '/.cache'
KeyError: 'getpwuid(): uid not found: 1000'
```

## Why it happens

The image runs under a bare uid: HOME is / or belongs to root, and the uid has no name.

## How envsetup knows

In a container with torch, the home folder isn't writable.

## How to fix

- `-e HOME=/tmp -e USER=app` at start (safe)
- `-e TORCHINDUCTOR_CACHE_DIR=/tmp/inductor -e HF_HOME=/data/hf` (safe)
- Lasting: create the user in the image (safe)

## When to ignore

Where nothing is compiled or downloaded.

## Links

- <https://github.com/huggingface/datasets/issues/1581>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Container,
    Filesystem,
    Fix,
    Machine,
    TorchInstall,
    value_of,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PLACES

FIXES = (
    Fix(text="`-e HOME=/tmp -e USER=app` at start"),
    Fix(text="`-e TORCHINDUCTOR_CACHE_DIR=/tmp/inductor -e HF_HOME=/data/hf`"),
    Fix(text="Lasting: create the user in the image"),
)


@rule(
    code="CT111",
    slug="container-root-owned-cache",
    title="The container's user can't write its home or caches",
    severity="error",
    unseen=PLACES,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"Permission denied: '/\.(?:cache|local|config|triton)"),
        Symptom(pattern=r"getpwuid\(\): uid not found"),
        Symptom(pattern="Permission denied: '/nonexistent"),
        Symptom(pattern=r"\bI have no name!@"),
        Symptom(
            pattern=r"Permission denied: '\S{0,80}(?:_cache|/\.cache|/\.triton|/cache)\b",
            confidence="low",
        ),
        Symptom(
            pattern="parent directory is not owned or is not writable by the current user",
            confidence="medium",
        ),
    ),
    suppresses=("ST102", "TC105"),
    fixes=FIXES,
)
def judge(
    container: Container,
    storage: tuple[Filesystem, ...],
    torch: TorchInstall,
    machine: Machine,
) -> Iterator[Draft]:
    variables = value_of(machine.environment) or {}
    if "TORCHINDUCTOR_CACHE_DIR" in variables and "HF_HOME" in variables:
        return
    for place in storage:
        if place.role == "home" and place.writable is False:
            yield Draft(
                message=f"The home folder {place.path} is not writable for this user in the"
                f" {container.runtime} container.",
                evidence=(fact_evidence(machine, "storage", f"{place.path} not writable"),),
                fixes=FIXES,
                severity="warning",
            )
