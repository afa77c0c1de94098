"""## What it means

RANK or WORLD_SIZE is set, so init_process_group waits for others.

## How it looks

```text
ValueError: Error initializing torch.distributed using env:// rendezvous: environment variable RANK expected
```

## Why it happens

Exported by hand, or left from a job.

## How envsetup knows

RANK is set or WORLD_SIZE above 1 in a terminal, and none of the processes above is a launcher (torchrun, srun, mpirun …).
Not in Kubernetes, nor in a job of Slurm's.

## How to fix

- `unset RANK WORLD_SIZE LOCAL_RANK MASTER_ADDR MASTER_PORT` (safe)
- Or start with torchrun (safe)

## When to ignore

Inside a launcher, and in training operators' pods.

## Links

- <https://docs.pytorch.org/docs/stable/elastic/run.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Launch, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import SETTINGS

FIXES = (
    Fix(text="`unset RANK WORLD_SIZE LOCAL_RANK MASTER_ADDR MASTER_PORT`"),
    Fix(text="Or start with torchrun"),
)


@rule(
    code="DS112",
    slug="torchrun-env-stale",
    title="Launcher variables without a launcher",
    severity="warning",
    unseen=SETTINGS,
    symptoms=(
        Symptom(
            pattern="environment variable (?:RANK|WORLD_SIZE|MASTER_ADDR|MASTER_PORT) expected"
        ),
        Symptom(
            pattern=r"KeyError: '(?:LOCAL_RANK|LOCAL_WORLD_SIZE|MASTER_ADDR|MASTER_PORT|WORLD_SIZE)'"
        ),
        Symptom(
            pattern=r"environ\[\W?RANK\W?\].{0,200}KeyError: 'RANK'|KeyError: 'RANK'.{0,200}environ\["
        ),
        Symptom(
            pattern=r"(?:LOCAL_RANK|WORLD_SIZE|MASTER_ADDR|MASTER_PORT)\b.{0,30}\bnot set\b",
            confidence="medium",
        ),
        Symptom(
            pattern=r"Invalid rank \d{1,5}, rank should be in the interval", confidence="medium"
        ),
        Symptom(pattern=r"Default process group has not been initialized", confidence="low"),
        Symptom(pattern=r"Invalid rank requested", confidence="medium"),
    ),
    fixes=FIXES,
)
def judge(launch: Launch, environment: dict[str, str], machine: Machine) -> Iterator[Draft]:
    stated = [
        f"{name}={value}"
        for name in ("RANK", "WORLD_SIZE")
        if (value := environment.get(name, "")) not in ("", "1")
    ]
    managed = {"KUBERNETES_SERVICE_HOST", "SLURM_JOB_ID"} & set(environment)
    if not stated or managed or launch.launcher or not launch.interactive:
        return
    yield Draft(
        message=f"{' and '.join(stated)} stand in this shell, and nothing started it as one of several "
        "processes: a training waits for peers that never come.",
        evidence=(
            fact_evidence(machine, "environment", " ".join(stated)),
            fact_evidence(machine, "launch", "no launcher above"),
        ),
        fixes=FIXES,
    )
