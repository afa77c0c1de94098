"""What can drop a candidate: one function a reason, each raising Drop with its code and words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsetup.knowledge import Build, Knowledge, Release, arch_known, cuda_of, version_key
from envsetup.knowledge.records import Platform as PlatformRow
from envsetup.model import Gpu, Record
from envsetup.plan.availability import (
    AUDIO_NEWEST,
    AUDIO_PAIRED,
    CONDA,
    NIGHTLY_BUILDS,
    VISION_EXCLUDES,
    kind_of,
    python_words,
    span,
)
from envsetup.plan.gpus import gpu_unknown_words, is_data_centre, is_tegra, label, serves
from envsetup.plan.request import Request
from envsetup.plan.situation import Situation

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet


class Drop(Exception):
    """A candidate falls; the code is stable, the text is for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Case(Record):
    """One candidate under examination, with all that the filters look at."""

    situation: Situation
    request: Request
    release: Release
    platform: PlatformRow
    name: str
    build: Build
    newest: bool


def specifier(text: str) -> SpecifierSet | None:
    if not text:
        return None
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(text)


def matches(specifier: SpecifierSet | None, version: str) -> bool:
    if specifier is None:
        return True
    public = [s for s in specifier if "+" not in s.version]
    return all(s.contains(version, prereleases=True) for s in public) and all(
        s.contains(version, prereleases=True) or s.version.split("+")[0] == version
        for s in specifier
        if "+" in s.version
    )


def local_version(case: Case, specifier: SpecifierSet | None) -> None:
    if specifier is None or not any("+" in s.version for s in specifier):
        return
    full = (
        case.release.version
        if case.situation.os == "macos"
        else f"{case.release.version}+{case.name}"
    )
    if not specifier.contains(full, prereleases=True):
        raise Drop("requirement", f"the requirement torch{specifier} excludes {full}")


FAMILIES = {"nvidia": "cuda", "amd": "rocm"}
"""What `--backend` calls all builds of a vendor."""


def kind(case: Case) -> None:
    """The right kind of build: for the accelerator that is here, or the one that was forced."""
    backend, here = case.request.backend, case.situation.accelerator
    _channel(case)
    if (case.release.version, case.name) in case.request.without:
        raise Drop("not-on-index", "the wheel index has no such file for this machine")
    if backend != "auto":
        if backend not in (case.name, FAMILIES.get(kind_of(case.name))):
            raise Drop("not-the-backend", f"--backend {backend} was asked for")
        return
    mine = kind_of(case.name)
    if case.situation.os == "macos":
        return
    if here == "none" and mine != "cpu":
        raise Drop("no-gpu-for-build", f"there is no GPU here that a {case.name} build could use")
    if here != "none" and mine == "cpu":
        if case.request.allow_cpu:
            return
        raise Drop("cpu-build-beside-gpu", "a CPU build would leave the GPU unused")
    if here != "none" and mine != here:
        raise Drop("other-vendor", f"{case.name} serves {mine} GPUs; the GPU that counts is {here}")


def _channel(case: Case) -> None:
    """Other channels hold the newest line alone."""
    channel = case.request.channel
    if channel != "stable" and not case.newest:
        raise Drop("not-on-channel", f"the {channel} index holds only the newest line")
    offered = NIGHTLY_BUILDS.get(case.situation.platform or "", ())
    if channel == "nightly" and case.name not in offered:
        raise Drop("not-on-channel", f"the nightly index has no {case.name} build any more")


def python(case: Case) -> None:
    tag = case.situation.python_tag
    if tag is None or tag in case.platform.python:
        return
    only = case.platform.index_python
    if only and tag in only.tags and case.name in only.builds:
        return
    version = python_words(tag)
    raise Drop(
        "no-wheel-for-python", f"no wheel for Python {version} (has {span(case.platform.python)})"
    )


def libc(case: Case) -> None:
    libc, floor = case.situation.libc, case.build.libc
    if case.situation.os != "linux" or libc is None or floor is None:
        return
    if libc.family != "glibc":
        text = f"every Linux wheel of PyTorch needs glibc; this system has {libc.family}"
        raise Drop(libc.family, text)
    if version_key(libc.version) < version_key(floor):
        raise Drop("libc-too-old", f"needs glibc {floor}; this system has {libc.version}")


def macos(case: Case) -> None:
    have = case.situation.macos
    if case.situation.os != "macos" or have is None:
        return
    floor, mps = case.platform.macos, case.platform.mps_macos
    if floor and version_key(have) < version_key(floor):
        raise Drop("macos-too-old", f"the wheel needs macOS {floor}; this is {have}")
    wants_mps = case.situation.accelerator == "apple" and not case.request.allow_cpu
    if wants_mps and mps and version_key(have) < version_key(mps):
        raise Drop(
            "macos-too-old-for-mps", f"its GPU support (MPS) needs macOS {mps}; this is {have}"
        )


def kernels(case: Case, knowledge: Knowledge) -> None:
    """Every GPU that counts must find kernels; a forced CPU build asks for none.

    Where the GPU's architecture or the build's isn't known, a build is taken only if it was named.
    """
    if kind_of(case.name) == "cpu":
        return
    platform = case.situation.platform or ""
    mine = [g for g in case.situation.gpus if g.vendor == kind_of(case.name)]
    named = case.request.backend != "auto"
    if not mine and named and case.situation.gpus:
        raise Drop("other-vendor", f"{case.name} serves no {case.situation.accelerator} GPU")
    unknown = tuple(g for g in mine if not arch_known(g))
    if unknown and not named:
        raise Drop("gpu-unknown", gpu_unknown_words(unknown))
    known = [g for g in mine if arch_known(g)]
    if known and cuda_of(case.name) and case.build.arch_list is None:
        if named:
            return
        text = f"for which GPUs {case.name} of this release has kernels is not known yet"
        raise Drop("gpu-arch-unknown", text)
    left = [g for g in known if not serves(g, case.release.version, case.name, platform, knowledge)]
    if left:
        have = ", ".join(case.build.arch_list or ()) or "kernels for other GPUs"
        raise Drop("gpu-arch-missing", f"no kernels for {_names(left)}; it has {have}")


def _names(gpus: list[Gpu]) -> str:
    return " and ".join(dict.fromkeys(label(g) for g in gpus))


def driver(case: Case, knowledge: Knowledge) -> bool:
    """Whether the driver serves the build's CUDA by itself; Drop where it can't at all."""
    here, cuda = case.situation, cuda_of(case.name)
    if cuda is None or not any(g.vendor == "nvidia" for g in here.gpus):
        return True
    text = f"{cuda[0]}.{cuda[1]}"
    if here.driver_missing:
        raise Drop("driver-missing", "no NVIDIA driver is loaded")
    if here.driver is None:
        return _by_reported_cuda(here.driver_cuda, cuda)
    for gpu in here.gpus:
        _knows(gpu, here, knowledge)
    native = version_key(knowledge.driver_cuda(here.driver, here.driver_os) or "0")
    compat = version_key(here.driver_cuda or "0")
    if compat > native and all(is_data_centre(g) for g in here.gpus):
        native = compat
    floor = knowledge.driver_floor(text, here.driver_os)
    if floor is None:  # a CUDA that is newer than all that is known of drivers
        return native >= cuda
    if native[0] < cuda[0] and version_key(here.driver) < version_key(floor.version):
        raise Drop(
            "driver-too-old",
            f"CUDA {text} needs driver {floor.version} or newer; this is {here.driver}",
        )
    return native >= cuda


def _by_reported_cuda(reported: str | None, cuda: tuple[int, int]) -> bool:
    """Where only libcuda's CUDA version is known, its major decides; where nothing is, all passes."""
    if reported is None:
        return True
    have = version_key(reported)
    if have[0] < cuda[0]:
        raise Drop(
            "driver-too-old", f"the driver reports CUDA {reported}, this build needs {cuda[0]}"
        )
    return have >= cuda


BRANCH_SPAN = 10
"""Windows releases of branch 580 are numbered 580 to 589."""


def _knows(gpu: Gpu, here: Situation, knowledge: Knowledge) -> None:
    """The driver itself must serve the GPU: its branch may have ended, or not begun, with it."""
    capability = gpu.compute_capability
    if capability is None or here.driver is None or is_tegra(gpu):
        return
    last = knowledge.last_branch(capability)
    major = version_key(here.driver)[0]
    if last is not None and major >= int(last.branch) + BRANCH_SPAN:
        raise Drop(
            "driver-dropped-gpu",
            f"driver {here.driver} no longer serves {label(gpu)}: branch {last.branch} is its last",
        )
    first = knowledge.first_driver(capability, here.driver_os)
    if first is not None and version_key(here.driver) < version_key(first):
        raise Drop(
            "driver-too-old-for-gpu",
            f"driver {here.driver} doesn't know {label(gpu)}: it needs {first} or newer",
        )


def companions(
    case: Case, knowledge: Knowledge, wanted: dict[str, SpecifierSet | None]
) -> dict[str, str]:
    """The release of each named companion that goes with the candidate; conda's solver finds its own."""
    if case.request.installer in CONDA:
        return {}
    found = {}
    for package in case.request.companions:
        version = _companion(package, case, knowledge)
        if not matches(wanted[package], version):
            spec = case.request.specifiers[package]
            raise Drop(
                "companion-requirement", f"it goes with {package} {version}, not {package}{spec}"
            )
        if package == "torchvision":
            _vision(case, version)
        found[package] = version
    return found


def _companion(package: str, case: Case, knowledge: Knowledge) -> str:
    release = case.release
    made_for_it = release.torchvision if package == "torchvision" else release.torchaudio
    if made_for_it is not None:
        return made_for_it
    if package == "torchaudio" and version_key(release.version) > version_key(AUDIO_PAIRED):
        return _audio(case, knowledge)
    raise Drop("no-companion", f"no {package} goes with it")


def _vision(case: Case, version: str) -> None:
    here = case.situation
    if here.python_version == VISION_EXCLUDES and version_key(version) >= (0, 26):
        text = f"torchvision {version} excludes Python {VISION_EXCLUDES}; 3.14.2 or newer takes it"
        raise Drop("companion-python", text)
    only = case.platform.index_python
    if only and here.python_tag in only.tags:
        raise Drop("companion-python", f"torchvision {version} has no wheel for this Python")


def _audio(case: Case, knowledge: Knowledge) -> str:
    """The release that names torch 2.11 at least, or the one before it, which names none.

    The newer one is one wheel a system, for any Python, for CUDA 13 on Linux. An index of CUDA 12,
    ROCm or XPU has the older one alone, built beside torch 2.11.0.
    """
    tag = case.situation.python_tag
    own = knowledge.release(AUDIO_PAIRED)
    row = own.platforms.get(case.situation.platform or "") if own else None
    older = row is not None and case.name in row.builds
    python = tag is None or (row is not None and tag in row.python)
    if case.situation.os == "macos" or not (older and python):
        cuda = cuda_of(case.name)
        if case.name == "cpu" or (cuda and cuda >= (13, 0)):
            return AUDIO_NEWEST
    if not older:
        raise Drop("no-companion", f"no torchaudio for torch {case.release.version} in {case.name}")
    if not python:
        text = f"torchaudio {AUDIO_PAIRED} has no wheel for this Python in {case.name}"
        raise Drop("companion-python", text)
    return AUDIO_PAIRED
