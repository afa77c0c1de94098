"""## What it means

A library that torch pins to one version is installed at another.

## How it looks

```text
torch 2.6.0 requires nvidia-cudnn-cu12==9.1.0.70; platform_system == "Linux", but you have nvidia-cudnn-cu12 9.5.1.17 which is incompatible.
```

## Why it happens

Another package asked for a different version later, and pip installs what it is asked and only warns.

## How envsetup knows

torch's own exact pins of nvidia-* packages and of triton against what is installed; and the pure Python packages that it asks for (markers considered), of which one isn't installed. That a library of the build is missing is told by other rules.

## How to fix

- Let the installer restore the pinned set: reinstall torch by the command of `envsetup install-plan` (safe)
- Or make a new environment: `envsetup setup` (safe)

## When to ignore

Where the library was exchanged on purpose and the checks pass.

## Links

- <https://github.com/pytorch/pytorch/issues/134929>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.knowledge import Knowledge
from envsetup.model import Fix, Machine, Package, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.shared.torch_requirements import absent_requirements, missing_module
from envsetup.rules.undecidable import OTHERS

FIXES = (
    Fix(
        text="Let the installer restore the pinned set: reinstall torch by the command of `envsetup install-plan`"
    ),
    Fix(text="Or make a new environment: `envsetup setup`"),
)
PIN = re.compile(r"((?:nvidia-[a-z0-9-]{1,80})|triton)\s*\(?==\s*([0-9][^\s;,)]*)")


@rule(
    code="PY112",
    slug="requirements-inconsistent",
    title="Installed set breaks torch's own requirements",
    severity="error",
    unseen=OTHERS,
    symptoms=(
        Symptom(pattern=r"\btorch \d\S{0,30} requires [^\n]{1,120}but you have"),
        Symptom(pattern=r"\btorch \d\S{0,30} has requirement [^\n]{1,120}but you'll have"),
        Symptom(pattern=r"\btorch \d\S{0,30} requires \S{1,80}, which is not installed"),
        Symptom(
            pattern=r"\btorch\S{0,60} depends on nvidia-.{0,400}(?:incompatible|unsatisfiable|cannot be used)",
            confidence="medium",
        ),
        Symptom(
            pattern=r"conflict is caused by.{0,200}\btorch \d\S{0,30} depends on",
            confidence="medium",
        ),
        Symptom(
            pattern=r"\btorch[/\\].{0,200}No module named '(?:typing_extensions|sympy|filelock|networkx|jinja2|fsspec)'|No module named '(?:typing_extensions|sympy|filelock|networkx|jinja2|fsspec)'.{0,120}\btorch[/\\]",
            confidence="medium",
        ),
        Symptom(
            pattern=r"\brequires torch[<>=!~][^\n]{1,60}but you have torch\b", confidence="medium"
        ),
    ),
    ask="`python -m pip check`",
    fixes=FIXES,
)
def judge(packages: tuple[Package, ...], machine: Machine, knowledge: Knowledge) -> Iterator[Draft]:
    torch = next((p for p in packages if p.name == "torch" and p.manager == "pip"), None)
    if torch is None:
        return
    yield from _missing(torch, machine)
    installed: dict[str, set[str]] = {}
    for one in packages:
        if one.manager == "pip":
            installed.setdefault(one.name, set()).add(one.version)
    for name, version in _pins(torch, machine, knowledge):
        have = installed.get(name)
        if have and version not in have:
            seen = f"{name} {', '.join(sorted(have))}"
            yield Draft(
                message=f"torch {torch.version} pins {name} to {version}; installed is {seen}.",
                subject=name,
                evidence=(fact_evidence(machine, "packages", seen),),
                fixes=FIXES,
                severity="warning",
            )


def _missing(torch: Package, machine: Machine) -> Iterator[Draft]:
    stopped = missing_module(machine)
    for name in absent_requirements(machine):
        yield Draft(
            message=f"torch {torch.version} requires {name}, which isn't installed.",
            subject=name,
            evidence=(fact_evidence(machine, "packages", f"no {name}"),),
            fixes=(Fix(text=f"Install it: `python -m pip install {name}`"), *FIXES),
            severity="error" if stopped == name else "warning",
        )


def _pins(torch: Package, machine: Machine, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Exact pins: of the metadata; of the published wheel where a pasted text names torch alone."""
    for line in torch.requires:
        pin = PIN.match(line)
        if pin and "extra ==" not in line:
            yield pin.group(1), pin.group(2)
    told = value_of(machine.torch)
    if torch.location is None and told is not None and told.build is not None:
        yield from _published(told.version.split("+")[0], told.build, machine, knowledge)


def _published(
    version: str, build: str, machine: Machine, knowledge: Knowledge
) -> Iterator[tuple[str, str]]:
    """What the wheel of the default build for Linux on x86_64 pins; of others the pins aren't known."""
    release = knowledge.release(version)
    platform = release.platforms.get("linux_x86_64") if release is not None else None
    here = value_of(machine.os) == "linux" and value_of(machine.arch) == "x86_64"
    if release is None or platform is None or build != platform.default or not here:
        return
    for name in ("nccl", "cudnn"):
        pin = release.pins.get(name, "")
        if pin.startswith("=="):
            yield f"nvidia-{name}-{build[:4]}", pin[2:]
