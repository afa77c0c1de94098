"""## What it means

A container that had its GPU can't open it any more; the host is healthy.

## How it looks

```text
Failed to initialize NVML: Unknown Error
```

## Why it happens

With the systemd cgroup driver, `systemctl daemon-reload` renews the container's device rules
and forgets those that the toolkit added from outside.

## How envsetup knows

In a container, NVML answers `Unknown Error` although the NVIDIA device nodes are there.

## How to fix

- Restart the container (safe)
- Lasting: toolkit 1.18 or later with CDI (`--device nvidia.com/gpu=all`) (root)
- Older toolkit: `sudo nvidia-ctk system create-dev-char-symlinks --create-all` (root)

## When to ignore

Never, where a GPU is meant; plain missing rights are another finding.

## Links

- <https://github.com/NVIDIA/nvidia-container-toolkit/issues/48>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Container,
    Evidence,
    Fix,
    Machine,
    NvidiaDriver,
    Unreadable,
    value_of,
)
from envsetup.rules import Draft, Symptom, rule
from envsetup.rules.undecidable import PASSING

FIXES = (
    Fix(text="Restart the container"),
    Fix(
        text="Lasting: toolkit 1.18 or later with CDI (`--device nvidia.com/gpu=all`)",
        safety="root",
    ),
    Fix(
        text=("Older toolkit: `sudo nvidia-ctk system create-dev-char-symlinks --create-all`"),
        safety="root",
    ),
)


@rule(
    code="CT103",
    slug="container-lost-gpu-cgroup",
    title="The container lost its GPU after a reload of systemd",
    severity="error",
    unseen=PASSING,
    platforms=("linux",),
    symptoms=(
        Symptom(pattern="Failed to initialize NVML: Unknown Error"),
        Symptom(pattern=r"\bNVMLError_Unknown\b|nvml error: unknown error", confidence="medium"),
        Symptom(pattern=r"NVML.{0,30}\bUnknow", confidence="medium"),
    ),
    suppresses=(
        "DR107",
        "DR101",
        "DR108",
        "DR113",
    ),
    ask="Is this in a container, and did the GPU work when it started?",
    fixes=FIXES,
)
def judge(container: Container, nvidia_driver: NvidiaDriver, machine: Machine) -> Iterator[Draft]:
    said = nvidia_driver.nvml
    if not isinstance(said, Unreadable) or "unknown error" not in said.error.lower():
        return
    if not value_of(nvidia_driver.device_nodes):
        return
    yield Draft(
        message=f"NVML says {said.error!r} in this {container.runtime} container although the device"
        " nodes are there: its device rules were lost.",
        evidence=(Evidence(fact="nvidia_driver.nvml", value=said.error, source=said.source),),
        fixes=FIXES,
    )
