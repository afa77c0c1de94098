"""## What it means

A nightly build of torch stands beside a stable torchvision or torchaudio, or the reverse.

## How it looks

```text
torch 2.16.0.dev20261007+cu132 with torchvision 0.29.2
RuntimeError: operator torchvision::nms does not exist
```

## Why it happens

One was installed with --pre from the nightly index, the other came from the stable one.

## How envsetup knows

One version holds `.dev`, the other is a release.

## How to fix

- take both from one channel: `envsetup install-plan torch torchvision`, or the same with `--channel nightly` (safe)

## When to ignore

Companions with a stable ABI (torchvision 0.29.1 and newer, torchaudio 2.11) work with newer torch.

## Links

- <https://pytorch.org/get-started/locally/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.knowledge import version_key
from envsetup.model import Fix, Machine, Package, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text="Take both from one channel: run what this prints",
        argv=("envsetup", "install-plan", "torch", "torchvision"),
    ),
)
STABLE_ABI = {"torchvision": (0, 29, 1), "torchaudio": (2, 11, 0)}
"""From these releases on the companions serve later torch by its stable ABI (their metadata)."""


@rule(
    code="WH108",
    slug="nightly-stable-mixed",
    title="Nightly torch with stable companions, or the reverse",
    severity="error",
    symptoms=(
        Symptom(
            pattern=r"torch(?:vision|audio)? [\d.]+\.dev\d{8}[^\n]{0,60}requires torch==",
            confidence="medium",
        ),
    ),
    ask="`pip list | grep torch`: do some hold `.dev` and others not?",
    fixes=FIXES,
)
def judge(torch: TorchInstall, packages: tuple[Package, ...], machine: Machine) -> Iterator[Draft]:
    nightly = ".dev" in torch.version
    for one in packages:
        if one.name not in STABLE_ABI or "a0+" in one.version or "a0+" in torch.version:
            continue
        if (".dev" in one.version) != nightly and version_key(one.version) < STABLE_ABI[one.name]:
            yield Draft(
                message=f"{one.name} {one.version} stands beside torch {torch.version}: one is a nightly build, the other a release.",
                subject=one.name,
                evidence=(fact_evidence(machine, "packages", f"{one.name} {one.version}"),),
                fixes=FIXES,
            )
