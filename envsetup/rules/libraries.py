"""NVIDIA's packages whose libraries are damaged: what the rules about their absence share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envsetup.model import Fix, Machine, Package
from envsetup.rules import Draft, fact_evidence

SHOWN = 3


def damaged(packages: Iterable[Package], machine: Machine, *, cudnn: bool) -> Iterator[Draft]:
    """A finding for each package of NVIDIA's that lacks libraries: cuDNN's, or all others."""
    for one in packages:
        if not one.broken_files or one.name.startswith("nvidia-cudnn") is not cudnn:
            continue
        more = len(one.broken_files) - SHOWN
        files = "; ".join(one.broken_files[:SHOWN]) + (f"; {more} more" if more > 0 else "")
        yield Draft(
            message=f"{one.name} {one.version} is damaged: {files}.",
            subject=one.name,
            evidence=(fact_evidence(machine, "packages", f"{one.name}: {files}"),),
            fixes=(renewed(one, machine),),
        )


def renewed(one: Package, machine: Machine) -> Fix:
    """The command that installs a package anew and nothing else."""
    pin = f"{one.name}=={one.version}"
    argv = ("python", "-m", "pip", "install", "--force-reinstall", "--no-deps", pin)
    return Fix(text="Install it anew", argv=argv)
