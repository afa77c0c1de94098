"""What to run so that an installer fetches exactly the chosen build.

Sources: https://pytorch.org/get-started/locally/ (the index holds torch's dependencies too, which is
why `--index-url` alone is enough), pip's and uv's own documentation, conda-forge's
https://github.com/conda-forge/pytorch-cpu-feedstock.
"""

from __future__ import annotations

from msgspec import field

from envsetup.knowledge import cuda_of, version_key
from envsetup.model import Command, Record

INDEX = "https://download.pytorch.org/whl"
FLAT_MIRRORS = ("mirrors.aliyun.com",)
"""Hosts whose folders are plain listings, which pip reads by --find-links alone."""
CONDA_NEWEST = "2.13.0"
CONDA_CUDA = {("windows", 12): "12.8", ("linux", 12): "12.9"}
ARM_CPU_SUFFIX_FROM = (2, 6)
"""Arm Linux CPU wheels of the index carry `+cpu` from this release on."""


class Pinned(Record):
    """One release and build with its companions, ready to be named to an installer."""

    version: str
    build: str | None
    """Index name; None on macOS, where the default package index is the place."""
    os: str = "linux"
    platform: str | None = None
    companions: dict[str, str] = field(default_factory=dict)
    extras: tuple[str, ...] = ()
    """Further requirements, such as numpy<2."""
    channel: str = "stable"
    mirror: str | None = None
    python: str = "python"


def index_url(choice: Pinned) -> str | None:
    """The folder of the index that holds the build; None where the default package index does."""
    if choice.build is None:
        return None if choice.channel == "stable" else f"{_base(choice)}/cpu"
    return f"{_base(choice)}/{choice.build}"


def _base(choice: Pinned) -> str:
    if choice.mirror:
        return choice.mirror.rstrip("/")
    return INDEX if choice.channel == "stable" else f"{INDEX}/{choice.channel}"


def requirements(choice: Pinned) -> tuple[str, ...]:
    """Exact pins that no other build of the index satisfies."""
    if choice.channel != "stable":
        return ("torch", *choice.companions)
    suffix = f"+{choice.build}" if choice.build and _has_suffix(choice) else ""
    pins = [f"torch=={choice.version}{suffix}"]
    pins += [f"{n}=={v}{_companion_suffix(n, v, suffix)}" for n, v in choice.companions.items()]
    return (*pins, *choice.extras)


def _has_suffix(choice: Pinned) -> bool:
    plain = choice.platform == "linux_aarch64" and choice.build == "cpu"
    return not plain or version_key(choice.version)[:2] >= ARM_CPU_SUFFIX_FROM


def _companion_suffix(name: str, version: str, suffix: str) -> str:
    # torchaudio 2.11.0 serves later releases too and isn't on every later index: leave its build open.
    return "" if name == "torchaudio" and version == "2.11.0" else suffix


def commands_for(choice: Pinned, installer: str) -> tuple[Command, ...]:
    if installer in ("conda", "pixi"):
        return (_conda(choice, installer),)
    return (_pip_like(choice, installer),)


def _pip_like(choice: Pinned, installer: str) -> Command:
    if installer == "uv":
        argv = ["uv", "pip", "install", *_uv_python(choice)]
    else:
        argv = [choice.python, "-m", "pip", "install"]
    if choice.channel != "stable":
        argv += ["--prerelease=allow"] if installer == "uv" else ["--pre"]
    argv += requirements(choice)
    return Command(argv=(*argv, *_where(choice)))


def _uv_python(choice: Pinned) -> tuple[str, ...]:
    return () if choice.python == "python" else ("--python", choice.python)


def _where(choice: Pinned) -> tuple[str, ...]:
    url = index_url(choice)
    if url is None:
        return ()
    host = url.split("/")[2] if "://" in url else ""
    return ("--find-links", url) if host in FLAT_MIRRORS else ("--index-url", url)


def conda_packages(choice: Pinned) -> tuple[str, ...] | None:
    """conda-forge's names for the choice; None where it has no such build (ROCm, XPU)."""
    pin = f"={choice.version}" if version_key(choice.version) <= version_key(CONDA_NEWEST) else ""
    cuda = cuda_of(choice.build)
    others = tuple(choice.companions)
    if cuda is not None:
        toolkit = "13.0" if cuda[0] >= 13 else CONDA_CUDA.get((choice.os, cuda[0]), "12.9")
        return (f"pytorch-gpu{pin}", f"cuda-version={toolkit}", *others)
    if choice.build not in (None, "cpu"):
        return None
    return (f"pytorch-cpu{pin}" if choice.build else f"pytorch{pin}", *others)


def _conda(choice: Pinned, installer: str) -> Command:
    packages = conda_packages(choice) or ()
    if installer == "pixi":
        return Command(argv=("pixi", "add", *packages))
    return Command(
        argv=("conda", "install", "--override-channels", "-c", "conda-forge", "-y", *packages)
    )
