"""## What it means

The metadata of one package is there twice, so pip and the imported module may tell different versions.

## How it looks

```text
WARNING: Ignoring invalid distribution ~orch (...\\site-packages)
pip reports one torch version, torch.__version__ another
```

## Why it happens

An upgrade was interrupted, or a file in use could not be removed; pip renames what it replaces, `torch` to `~orch`, and the rest stays.

## How envsetup knows

Two metadata folders of one distribution of torch's family, at different versions, in one site-packages; as a note, what an interrupted pip renamed to begin with ~.

## How to fix

- Uninstall the package until pip says that it is not installed, delete the leftovers, then install anew (deletes)
- Or make a new environment: `envsetup setup` (safe)

## When to ignore

A folder that starts with ~ is only clutter, where torch and NumPy work.

## Links

- <https://packaging.python.org/en/latest/specifications/recording-installed-packages/>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Machine, Package
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (
    Fix(
        text="Uninstall the package until pip says that it is not installed, delete the leftovers, then install anew",
        safety="deletes",
    ),
    Fix(text="Or make a new environment: `envsetup setup`"),
)
FAMILY = re.compile(r"torch(?:vision|audio)?|numpy|triton|nvidia-.+")


@rule(
    code="PY107",
    slug="duplicate-dist-info",
    title="Two dist-info records for one package (half-finished upgrade)",
    severity="error",
    unseen=PART,
    symptoms=(
        Symptom(pattern=r"Ignoring invalid distribution [~-]\w{1,40}"),
        Symptom(
            pattern=r"WARNING: Found existing installation[^\n]{0,60}no RECORD file",
            confidence="low",
        ),
        Symptom(pattern=r"uninstall-no-record-file"),
        Symptom(pattern=r"Cannot uninstall torch[^\n]{0,40}no RECORD file"),
        Symptom(pattern="distutils installed project", confidence="medium"),
        Symptom(pattern=r"WinError 5\].{0,240}site-packages[\\/]{1,4}~\w"),
        Symptom(pattern=r"module 'torch\._C' has no attribute", confidence="medium"),
    ),
    ask="`ls site-packages | grep -i torch`: does one name stand there twice?",
    fixes=FIXES,
)
def judge(packages: tuple[Package, ...], machine: Machine) -> Iterator[Draft]:
    for one in packages:
        if one.name.startswith("~"):
            yield Draft(
                message=f"{one.location}/{one.metadata} is what an interrupted pip left behind.",
                subject=one.name,
                evidence=(fact_evidence(machine, "packages", one.metadata or one.name),),
                fixes=FIXES,
                severity="note",
            )
    seen: dict[tuple[str, str], set[str]] = {}
    for one in packages:
        if one.manager == "pip" and one.location and (one.metadata or "").endswith(".dist-info"):
            if FAMILY.fullmatch(one.name):
                seen.setdefault((one.name, one.location), set()).add(one.version)
    for (name, location), versions in sorted(seen.items()):
        if len(versions) > 1:
            listed = " and ".join(sorted(versions))
            yield Draft(
                message=f"{location} holds metadata of {name} {listed}: an upgrade was left half done.",
                subject=name,
                evidence=(fact_evidence(machine, "packages", f"{name} {listed}"),),
                fixes=FIXES,
            )
