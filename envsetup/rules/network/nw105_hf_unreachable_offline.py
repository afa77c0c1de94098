"""## What it means

A model isn't in the cache and the hub doesn't answer.

## How it looks

```text
OSError: We couldn't connect to 'https://huggingface.co' to load the files
LocalEntryNotFoundError
```

## Why it happens

No network, or HF_HUB_OFFLINE is set.

## How envsetup knows

HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is on and a package that reads them is installed. Whether the hub answers, the error text alone tells.

## How to fix

- Unset HF_HUB_OFFLINE, or download beforehand (safe)

## When to ignore

Offline by design.

## Links

- <https://huggingface.co/docs/transformers/installation>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, Package
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (Fix(text="Unset HF_HUB_OFFLINE, or download beforehand"),)

SWITCHES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
ON = ("1", "ON", "YES", "TRUE")


@rule(
    code="NW105",
    slug="hf-unreachable-offline",
    title="The model hub can't be reached",
    severity="note",
    unseen="whether the hub can be reached isn't tried",
    symptoms=(
        Symptom(pattern=r"couldn't connect to 'https://huggingface\.co"),
        Symptom(pattern="LocalEntryNotFoundError"),
        Symptom(pattern="outgoing traffic has been disabled"),
        Symptom(pattern="offline mode is enabled|OfflineModeIsEnabled"),
        Symptom(pattern=r"host='huggingface\.co'.{0,80}Max retries exceeded", confidence="medium"),
        Symptom(
            pattern="huggingface.{0,300}Network is unreachable|Network is unreachable.{0,300}huggingface"
        ),
        Symptom(pattern=r"\b429 Client Error", confidence="low"),
    ),
    fixes=FIXES,
)
def judge(
    environment: dict[str, str], packages: tuple[Package, ...], machine: Machine
) -> Iterator[Draft]:
    set_here = [n for n in SWITCHES if environment.get(n, "").strip().upper() in ON]
    users = {"huggingface-hub", "transformers", "diffusers", "datasets"}
    if set_here and users.intersection(p.name for p in packages):
        yield Draft(
            message=f"{' and '.join(set_here)} keeps models from being fetched: only what is in the"
            " cache is found.",
            subject=set_here[0],
            evidence=(fact_evidence(machine, "environment", f"{set_here[0]} is set"),),
            fixes=FIXES,
        )
