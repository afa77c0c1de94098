"""The argv lists with which each installer does what a plan chose."""

from __future__ import annotations

from envsetup.knowledge import Release, version_key
from envsetup.model import Command
from envsetup.plan.choose import Candidate
from envsetup.plan.request import INDEX, Request
from envsetup.plan.situation import Situation

FLAT_MIRRORS = ("mirrors.aliyun.com",)
"""Mirrors that list files flat: pip takes them with --find-links, never as an index."""


def requirements_of(
    one: Candidate, release: Release, situation: Situation, request: Request
) -> tuple[str, ...]:
    """Exact pins: torch with its build, the companions that were named, numpy where it must stay old."""
    if request.channel != "stable":
        return ("torch", *request.companions)
    local = "" if situation.os == "macos" or _plain_name(one, situation) else f"+{one.build}"
    pins = [f"torch=={one.version}{local}"]
    pins += [f"{name}=={version}" for name, version in one.companions.items()]
    return tuple(pins if release.numpy2 else [*pins, "numpy<2"])


def _plain_name(one: Candidate, situation: Situation) -> bool:
    """Arm Linux CPU wheels carry no `+cpu` before 2.6 (inferred from the file names of the index)."""
    cpu = situation.platform == "linux_aarch64" and one.build == "cpu"
    return cpu and version_key(one.version) < (2, 6)


def index_of(one: Candidate, situation: Situation, request: Request) -> str | None:
    """The wheel index of a build; None on macOS, where the default index has the only one."""
    if situation.os == "macos" and request.channel == "stable" and request.mirror is None:
        return None
    base = (request.mirror or INDEX).rstrip("/")
    channel = "" if request.channel == "stable" else f"/{request.channel}"
    return f"{base}{channel}/{one.build}"


def install_commands(
    one: Candidate, release: Release, situation: Situation, request: Request
) -> tuple[Command, ...]:
    """What to run, in order."""
    if request.installer in ("conda", "pixi"):
        return _conda(one, situation, request)
    pins = requirements_of(one, release, situation, request)
    index = index_of(one, situation, request)
    where = _where(index)
    pre = () if request.channel == "stable" else ("--pre",)
    if request.installer == "uv":
        target = () if request.python == "python" else ("--python", request.python)
        return (Command(argv=("uv", "pip", "install", *target, *pre, *pins, *where)),)
    return (Command(argv=(request.python, "-m", "pip", "install", *pre, *pins, *where)),)


def _where(index: str | None) -> tuple[str, ...]:
    if index is None:
        return ()
    if any(name in index for name in FLAT_MIRRORS):
        return ("--find-links", f"{index}/")
    return ("--index-url", index)


CONDA_NEWEST = (2, 13, 0)
"""The newest torch seen on conda-forge, August 2026."""
CONDA_CUDA = {12: "12.9", 13: "13.0"}
"""conda-forge builds each CUDA major once; its 12.9 builds hold kernels from 5.0 to 12.0.

Source: conda-forge/pytorch-cpu-feedstock recipe."""


def _conda(one: Candidate, situation: Situation, request: Request) -> tuple[Command, ...]:
    """conda-forge alone: the `pytorch` channel ended with 2.5.1 (pytorch/pytorch#138506)."""
    packages = (*conda_packages(one, situation), *request.companions)
    if request.installer == "pixi":
        return (Command(argv=("pixi", "add", *packages)),)
    return (
        Command(argv=("conda", "install", "-c", "conda-forge", "--override-channels", *packages)),
    )


def conda_packages(one: Candidate, situation: Situation) -> tuple[str, ...]:
    """Package specs on conda-forge, with the CUDA line by `cuda-version`."""
    pin = f"={one.version}" if version_key(one.version) <= CONDA_NEWEST else ""
    if one.build.startswith("cu"):
        major = int(one.build[2:4])
        line = "12.8" if situation.os == "windows" and major == 12 else CONDA_CUDA[major]
        return (f"pytorch-gpu{pin}", f"cuda-version={line}")
    name = "pytorch" if situation.os == "macos" else "pytorch-cpu"
    return (f"{name}{pin}",)
