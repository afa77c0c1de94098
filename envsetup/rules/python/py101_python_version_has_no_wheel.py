"""## What it means

No wheel of the asked torch exists for this Python.

## How it looks

```text
ERROR: Could not find a version that satisfies the requirement torch (from versions: none)
ERROR: No matching distribution found for torch
```

## Why it happens

Wheels exist for a range of Python versions per release; a Python that is newer or older, or an old pin on a new Python, finds none.

## How envsetup knows

torch isn't installed, and no release in the knowledge has a wheel of this Python's tag for this system and architecture. In a conda environment it doesn't judge: conda builds its own.

## How to fix

- See what fits this Python: `envsetup install-plan` (safe)
- Make an environment with a Python in the middle of the range: `envsetup setup --python python3.12` (safe)

## When to ignore

Where torch imports.

## Links

- <https://github.com/pytorch/pytorch/blob/main/RELEASE.md>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.knowledge import Knowledge
from envsetup.model import Absent, Fix, Machine, Python
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="See what fits this Python: `envsetup install-plan`"),
    Fix(
        text="Make an environment with a Python in the middle of the range: `envsetup setup --python python3.12`"
    ),
)


@rule(
    code="PY101",
    slug="python-version-has-no-wheel",
    title="This Python version has no torch wheel",
    severity="error",
    unseen="which index and which release were asked for isn't read",
    symptoms=(
        Symptom(pattern=r"Could not find a version that satisfies the requirement torch"),
        Symptom(pattern=r"No matching distribution found for torch"),
        Symptom(pattern=r"no wheels with a matching Python (?:ABI|version) tag"),
        Symptom(pattern="only has wheels (?:with|for) the following Python (?:ABI|version)"),
        Symptom(pattern=r"\btorch requires Python ?[<>=]", confidence="medium"),
        Symptom(pattern=r"\b(?:py)?torch\S{0,40} -> python\[version=", confidence="medium"),
        Symptom(pattern="'torch' requires a different Python"),
        Symptom(pattern=r"\btorch\S{0,20} depends on Python[<>=]"),
        Symptom(
            pattern=r"Distribution .?torch(?:vision|audio)?==\S{1,60} @ \S{1,120} can't be installed",
            confidence="medium",
        ),
        Symptom(pattern=r"there is no version of torch(?:==|\{)"),
        Symptom(
            pattern=r"only the following versions of torch(?:\{[^}]{1,200}\})? are available",
            confidence="medium",
        ),
        Symptom(
            pattern=r"\btorch\S{0,40} is unusable because no wheels are available with a matching Python"
        ),
        Symptom(pattern=r"Unable to find installation candidates for torch\b"),
        Symptom(
            pattern=r"INCOMPATIBLE PYTHON VERSION|is tested with [\d.]{1,8} Python, but you have"
        ),
        Symptom(
            pattern=r"\bno (?:matching |suitable |compatible )?torch wheels?\b|torch\b.{0,60}from versions: none",
            confidence="medium",
        ),
        Symptom(pattern=r"only found wheels for .?torch\b"),
    ),
    suppresses=("PY114",),
    ask="`python --version`, and is it 64-bit: `python -c 'import struct; print(struct.calcsize(\"P\") * 8)'`",
    fixes=FIXES,
)
def judge(
    python: Python, os: str, arch: str, machine: Machine, knowledge: Knowledge
) -> Iterator[Draft]:
    if not isinstance(machine.torch, Absent) or python.conda_prefix or python.pointer_bits == 32:
        return
    place = f"{os}_{'amd64' if (os, arch) == ('windows', 'x86_64') else arch}"
    served = _tags(place, knowledge)
    tag = tag_of(python)
    if not served or tag in served:
        return
    yield Draft(
        message=f"No release of torch has a wheel for {tag} (Python {python.version}) on {place}.",
        subject="python",
        evidence=(fact_evidence(machine, "python", f"{python.version}, {tag}"),),
        fixes=FIXES,
    )


def _tags(place: str, knowledge: Knowledge) -> set[str]:
    """Python tags that any release has wheels of, there."""
    platforms = [r.platforms[place] for r in knowledge.releases if place in r.platforms]
    plain = {tag for one in platforms for tag in one.python}
    return plain | {tag for one in platforms if one.index_python for tag in one.index_python.tags}


def tag_of(python: Python) -> str:
    """As wheels name it: cp312, cp314t; with its own name where it is no CPython."""
    short = "".join(python.version.split(".")[:2])
    if python.implementation != "cpython":
        return f"{python.implementation}{short}"
    return f"cp{short}{'t' if python.free_threaded else ''}"
