"""## What it means

The installed torchvision or torchaudio was made for another release of torch.

## How it looks

```text
RuntimeError: operator torchvision::nms does not exist
undefined symbol in torchaudio/lib/libtorchaudio.so
```

## Why it happens

One of the pair was upgraded alone.

## How envsetup knows

What the companion's own metadata requires; where that names no version, the releases that were made for each other.

## How to fix

- install both together: `envsetup install-plan torch torchvision` prints the command (safe)

## When to ignore

Nightly builds, builds of a vendor (NVIDIA's containers, Jetson) and conda packages go by rules of their own.

## Links

- <https://github.com/pytorch/vision#installation>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.knowledge import Knowledge, version_key
from envsetup.model import Fix, Machine, Package, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule

COMPANIONS = ("torchvision", "torchaudio")
FREE_FROM = {"torchvision": (0, 29, 1), "torchaudio": (2, 11, 0)}
"""From these releases on the companion pins no release of torch (their metadata)."""
FIRST_PINNED = {"torchvision": (0, 4), "torchaudio": (0, 4)}
EARLY = {"0.4.0": "1.2.0", "0.4.1": "1.3.0", "0.4.2": "1.3.1"}
"""torchvision's pins before its numbers went along with torch's (its wheels' metadata)."""
BEFORE_RELEASE = re.compile(r"(\d+\.\d+)\.\d+(?:a|b|rc|\.dev)\d*")
MOST_LAG = 1
"""Minor releases by which a build made before a release may differ: nightlies are numbered ahead or behind."""
OFFICIAL = re.compile(r"\d+\.\d+\.\d+(?:\.post\d+)?(?:\+(?:cpu|cu\d+|rocm[\d.]+|xpu))?")


@rule(
    code="WH109",
    slug="torchvision-torch-pair",
    title="torchvision/torchaudio release does not pair with torch",
    severity="error",
    unseen="its library can fail to load beside the right release",
    symptoms=(
        Symptom(pattern=r"operator torchvision::\w{1,30} does not exist"),
        Symptom(pattern=r"Couldn't load custom C\+\+ ops"),
        Symptom(
            pattern=r"torch(?:vision|audio) \S{1,30} (?:requires|has requirement|depends on) torch==",
            confidence="high",
        ),
        Symptom(pattern=r"libtorchaudio\S{0,40} ?undefined symbol"),
        Symptom(
            pattern=r"cannot import name '\w{1,60}' from 'torch(?:vision|audio)\b"
            r"|module 'torch(?:vision|audio)\S{0,60}' has no attribute",
            confidence="medium",
        ),
        Symptom(
            pattern=r"has no attribute 'extension'[^\n]{0,60}torchvision|torchvision' has no attribute 'extension'"
        ),
        Symptom(pattern=r"torch(?:vision|audio)/\S{0,120}\.(?:so|dylib)\W.{0,20}Symbol not found"),
        Symptom(
            pattern=r"procedure entry point.{1,300}could not be located.{0,200}torch(?:vision|audio)\b"
        ),
        Symptom(pattern=r"No module named '?torchvision\.\w", confidence="medium"),
        Symptom(
            pattern=r"No such operator torchvision::\w|'_OpNamespace' 'torchvision' object has no attribute"
        ),
    ),
    ask="`pip list | grep torch`: which releases stand side by side?",
    fixes=(
        Fix(
            text="Install both together: run what this prints",
            argv=("envsetup", "install-plan", "torch", "torchvision"),
        ),
    ),
)
def judge(
    torch: TorchInstall, packages: tuple[Package, ...], machine: Machine, knowledge: Knowledge
) -> Iterator[Draft]:
    if not OFFICIAL.fullmatch(torch.version):
        return
    for one in packages:
        if one.name in COMPANIONS and one.manager == "pip" and not _pairs(one, torch, knowledge):
            wanted = _wanted(one, torch, knowledge)
            named = tuple(n for n in COMPANIONS if any(p.name == n for p in packages))
            yield Draft(
                message=f"{one.name} {one.version} doesn't go with torch {torch.version}{wanted}.",
                subject=one.name,
                evidence=(
                    fact_evidence(machine, "packages", f"{one.name} {one.version}"),
                    fact_evidence(machine, "torch", torch.version),
                ),
                fixes=(
                    Fix(
                        text="Install them together: run what this prints",
                        argv=("envsetup", "install-plan", "torch", *named),
                    ),
                ),
            )


def _wanted(one: Package, torch: TorchInstall, knowledge: Knowledge) -> str:
    version = knowledge.companion(torch.version.split("+")[0], one.name)
    return f": that one goes with {version}" if version else ""


def _pairs(one: Package, torch: TorchInstall, knowledge: Knowledge) -> bool:
    early = BEFORE_RELEASE.match(one.version)
    if early is not None:
        return _distance(one.name, early.group(1), torch.version) <= MOST_LAG
    if not OFFICIAL.fullmatch(one.version):
        return True
    public = torch.version.split("+")[0]
    pin = next(
        (m.group(1) for r in one.requires if (m := re.match(r"torch\s*\(?==\s*([\d.]+)", r))), None
    )
    if pin is not None:
        return version_key(pin) == version_key(public)
    version = one.version.split("+")[0].split(".post")[0]
    key = version_key(version)
    if key >= FREE_FROM[one.name] or key < FIRST_PINNED[one.name]:
        return True
    mine = {t for t, c in knowledge.companion_pairs(one.name).items() if c == version}
    if mine:
        return public in mine
    if one.name == "torchvision" and version in EARLY:
        return public == EARLY[version]
    theirs, ours = _torch_of(one.name, version), version_key(public)[:2]
    # Both of the second series and not in the table: newer than the knowledge, perhaps.
    return theirs == ours or (theirs[0] >= 2 and ours[0] >= 2)


def _distance(name: str, companion: str, torch: str) -> int:
    """Minor releases of torch between the one that a companion belongs to and this one."""
    return abs(_count(version_key(torch.split("+")[0])) - _count(_torch_of(name, companion)))


def _torch_of(name: str, companion: str) -> tuple[int, ...]:
    """torchvision 0.N goes with torch 1.N-1 up to 1.13 and then with 2.N-15; torchaudio 0.N with 1.N."""
    major, minor = version_key(companion)[:2]
    if major != 0:
        return major, minor
    if name == "torchvision":
        return (1, minor - 1) if minor < 15 else (2, minor - 15)
    return 1, minor


def _count(torch: tuple[int, ...]) -> int:
    """torch's minor releases from 1.0 on: 1.13 was followed by 2.0."""
    return torch[1] if torch[0] < 2 else 14 * (torch[0] - 1) + torch[1]
