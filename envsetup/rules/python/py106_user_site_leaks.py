"""## What it means

A package stands in the user's own site folder and in the environment; which one is imported hangs on the order of the path.

## How it looks

```text
torch.__file__ lies below ~/.local although an environment is active
```

## Why it happens

`pip install --user` puts packages where every interpreter of that version finds them, conda environments included.

## How envsetup knows

The same distribution of torch's family in the user site and in another folder of the path, at different versions.

## How to fix

- Leave the user site out: `export PYTHONNOUSERSITE=1` (safe)
- Or uninstall the copy in the user site (deletes)

## When to ignore

Where the user site is the one installation that is meant.

## Links

- <https://github.com/pytorch/pytorch/issues/119072>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Fix, Machine, Package, Python, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import OTHERS

FIXES = (
    Fix(text="Leave the user site out: `export PYTHONNOUSERSITE=1`"),
    Fix(text="Or uninstall the copy in the user site", safety="deletes"),
)
FAMILY = re.compile(r"torch(?:vision|audio)?|numpy|triton|nvidia-.+")


@rule(
    code="PY106",
    slug="user-site-leaks",
    title="Packages in ~/.local shadow the environment",
    severity="warning",
    unseen=OTHERS,
    symptoms=(
        Symptom(
            pattern=r"/\.local/lib/python3\.\d{1,2}/site-packages/(?:torch|numpy|nvidia|triton)\b",
            confidence="low",
        ),
        Symptom(
            pattern=r"Defaulting to user installation because normal site-packages is not writeable",
            confidence="low",
        ),
        Symptom(
            pattern=r"cannot import name '\w{1,60}' from '[\w.]{1,60}' \(\S{1,120}/\.local/lib/python",
            confidence="medium",
        ),
        Symptom(
            pattern=r"(?:~|\$HOME)/\.local\b.{0,120}(?:version|package)|package.{0,80}(?:~|\$HOME)/\.local\b",
            confidence="low",
        ),
    ),
    ask="`python -m site` and `python -m pip show torch`: is its Location below ~/.local?",
    fixes=FIXES,
)
def judge(python: Python, packages: tuple[Package, ...], machine: Machine) -> Iterator[Draft]:
    if not python.user_site_enabled or not python.user_site:
        return
    if (value_of(machine.environment) or {}).get("PYTHONNOUSERSITE"):
        return
    theirs = [p for p in packages if p.location == python.user_site and FAMILY.fullmatch(p.name)]
    for one in theirs:
        own = next((p for p in packages if _is_another(one, p)), None)
        if own is not None:
            both = f"{one.version} in {one.location}, {own.version} in {own.location}"
            yield Draft(
                message=f"{one.name} is installed twice: {both}.",
                subject=one.name,
                evidence=(fact_evidence(machine, "packages", both),),
                fixes=FIXES,
            )


def _is_another(one: Package, other: Package) -> bool:
    """The same distribution at another version elsewhere on the path."""
    elsewhere = other.manager == "pip" and other.location not in (None, one.location)
    return elsewhere and other.name == one.name and other.version != one.version
