"""NVIDIA's libraries, damaged or taken from elsewhere: what the rules about them share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from envsetup.model import Fix, LoadedLibrary, Machine, Package, Python, TorchRuntime
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


def loaded_elsewhere(
    runtime: TorchRuntime,
    python: Python,
    packages: Iterable[Package],
    brings: Mapping[str, str],
) -> Iterator[LoadedLibrary]:
    """Libraries in the process with torch from outside, though a package here brings them.

    `brings`: the start of a library's file name to that of its package, both without their prefixes.
    """
    homes = tuple(p for p in (*python.site_packages, python.user_site, python.conda_prefix) if p)
    names = tuple(p.name for p in packages)
    own = [lib for lib, package in brings.items() if _any_starts(names, f"nvidia-{package}")]
    for one in runtime.loaded:
        if one.name.startswith(tuple(f"lib{lib}" for lib in own)) and not one.path.startswith(
            homes
        ):
            yield one


def _any_starts(names: Iterable[str], start: str) -> bool:
    return any(name.startswith(start) for name in names)


def renewed(one: Package, machine: Machine) -> Fix:
    """The command that installs a package anew and nothing else."""
    pin = f"{one.name}=={one.version}"
    argv = ("python", "-m", "pip", "install", "--force-reinstall", "--no-deps", pin)
    return Fix(text="Install it anew", argv=argv)
