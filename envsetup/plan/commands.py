"""The argv lists with which each installer does what a plan chose."""

from __future__ import annotations

from envsetup.knowledge import Release, cuda_of, version_key
from envsetup.model import Command
from envsetup.plan.availability import CONDA
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
    if request.installer in CONDA:
        return _conda(one, request)
    pins = requirements_of(one, release, situation, request)
    index = index_of(one, situation, request)
    if request.installer in PROJECT_COMMANDS:
        return PROJECT_COMMANDS[request.installer](index, one, pins)
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


def _conda(one: Candidate, request: Request) -> tuple[Command, ...]:
    """conda-forge alone: the `pytorch` channel ended with 2.5.1 (pytorch/pytorch#138506)."""
    packages = (*_conda_packages(one, request), *request.companions)
    if request.installer == "pixi":
        return (Command(argv=("pixi", "add", *packages)),)
    return (
        Command(argv=("conda", "install", "-c", "conda-forge", "--override-channels", *packages)),
    )


def _conda_packages(one: Candidate, request: Request) -> tuple[str, ...]:
    """Package specs on conda-forge, with the CUDA line by `cuda-version`.

    The newest is left to the solver. Of an older release the CUDA major alone is known.
    """
    older = bool(request.specifiers.get("torch")) or one.older
    pin = f"={one.version}" if older else ""
    cuda = cuda_of(one.build)
    if cuda is not None:
        line = str(cuda[0]) if one.older else f"{cuda[0]}.{cuda[1]}"
        return (f"pytorch-gpu{pin}", f"cuda-version={line}")
    return (f"pytorch-cpu{pin}" if one.conda_variants else f"pytorch{pin}",)


def _poetry(index: str | None, one: Candidate, pins: tuple[str, ...]) -> tuple[Command, ...]:
    """An explicit source, which serves nothing but what names it.

    Source: Poetry's documentation, "Explicit Package Sources".
    """
    mine = tuple(pin for pin in pins if pin.startswith("torch"))
    rest = tuple(pin for pin in pins if pin not in mine)
    after = (Command(argv=("poetry", "add", *rest)),) if rest else ()
    if index is None:
        return (Command(argv=("poetry", "add", *mine)), *after)
    name = f"pytorch-{one.build}"
    return (
        Command(argv=("poetry", "source", "add", "--priority=explicit", name, index)),
        Command(argv=("poetry", "add", "--source", name, *mine)),
        *after,
    )


def _pdm(index: str | None, one: Candidate, pins: tuple[str, ...]) -> tuple[Command, ...]:
    """The index beside the default one, for this project alone: the pin's label is only there.

    Source: PDM's documentation, "Configure the package indexes".
    """
    add = Command(argv=("pdm", "add", *pins))
    if index is None:
        return (add,)
    key = f"pypi.pytorch-{one.build.replace('.', '-')}.url"
    return (Command(argv=("pdm", "config", "--local", key, index)), add)


PROJECT_COMMANDS = {"poetry": _poetry, "pdm": _pdm}
"""Installers that write into a project's own files."""
