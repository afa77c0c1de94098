"""The joint choice over release and build: filter, order, take the first, keep every reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsetup.knowledge import Build, Knowledge, Release, cuda_of, is_heavy_rocm, version_key
from envsetup.knowledge.records import PROVEN
from envsetup.knowledge.records import Platform as PlatformRow
from envsetup.model import Gpu, Record, Rejected
from envsetup.plan.availability import (
    AUDIO_END,
    CONDA_BUILDS,
    NIGHTLY_BUILDS,
    VISION_EXCLUDES,
    companion_of,
    kind_of,
    python_words,
    span,
)
from envsetup.plan.constraints import Situation, is_data_centre, is_tegra, label, serves
from envsetup.plan.request import Request

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet


class Candidate(Record):
    """One release in one build; `build` is the index name, `cpu` also for macOS."""

    version: str
    build: str
    status: str
    native: bool = True
    """The driver serves the build's CUDA by itself, without minor-version compatibility."""

    @property
    def proven(self) -> bool:
        return self.status in PROVEN


class Choice(Record):
    accepted: tuple[Candidate, ...]
    """Best first."""
    rejected: tuple[Rejected, ...]


class Drop(Exception):
    """A candidate falls; the code is stable, the text is for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class _Case(Record):
    """One candidate under examination, with all that the filters look at."""

    situation: Situation
    request: Request
    release: Release
    platform: PlatformRow
    name: str
    build: Build
    newest: bool


def choose(situation: Situation, knowledge: Knowledge, request: Request) -> Choice:
    """Every candidate that works here, best first, and why each of the others does not."""
    accepted: list[Candidate] = []
    rejected: list[Rejected] = []
    wanted = {name: _specifier(text) for name, text in request.specifiers.items()}
    for release in knowledge.releases:
        if not _matches(wanted.get("torch"), release.version):
            text = f"the requirement torch{request.specifiers['torch']} excludes it"
            rejected.append(_rejected(release.version, None, "requirement", text))
            continue
        platform = release.platforms.get(situation.platform or "")
        if platform is None:
            rejected.append(
                _rejected(release.version, None, "no-wheel-for-platform", _nowhere(situation))
            )
            continue
        for name in platform.builds:
            build = knowledge.build(release.version, name, situation.platform or "")
            assert build is not None
            case = _Case(
                situation=situation,
                request=request,
                release=release,
                platform=platform,
                name=name,
                build=build,
                newest=release is knowledge.releases[0],
            )
            try:
                accepted.append(_examine(case, knowledge, wanted))
            except Drop as why:
                rejected.append(_rejected(release.version, name, why.code, str(why)))
    accepted.sort(key=_rank, reverse=True)
    return Choice(accepted=tuple(accepted), rejected=tuple(rejected))


def _rejected(version: str, build: str | None, code: str, text: str) -> Rejected:
    return Rejected(version=version, build=build, code=code, text=text)


def _nowhere(situation: Situation) -> str:
    bits = " (32-bit)" if situation.pointer_bits == 32 else ""
    return f"no wheel of this release for {situation.os} {situation.arch}{bits}"


def _specifier(text: str) -> SpecifierSet | None:
    if not text:
        return None
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(text)


def _matches(specifier: SpecifierSet | None, version: str) -> bool:
    if specifier is None:
        return True
    public = [s for s in specifier if "+" not in s.version]
    return all(s.contains(version, prereleases=True) for s in public) and all(
        s.contains(version, prereleases=True) or s.version.split("+")[0] == version
        for s in specifier
        if "+" in s.version
    )


def _examine(
    case: _Case, knowledge: Knowledge, wanted: dict[str, SpecifierSet | None]
) -> Candidate:
    """The candidate, or Drop with the first filter that it fails."""
    _local_version(case, wanted.get("torch"))
    _kind(case)
    _python(case)
    _libc(case)
    _macos(case)
    _kernels(case, knowledge)
    native = _driver(case, knowledge)
    _companions(case, knowledge, wanted)
    return Candidate(
        version=case.release.version,
        build=case.name,
        status=_weakest(case),
        native=native,
    )


def _weakest(case: _Case) -> str:
    """A build is as sure as the less sure of: that it exists, and that it exists for this Python."""
    order = ("certain", "published", "announced", "inferred")
    known = [case.build.status, case.build.arch_status or case.build.status]
    only = case.platform.index_python
    if only and case.situation.python_tag in only.tags:
        known.append(only.status)
    return max(known, key=order.index)


def _local_version(case: _Case, specifier: SpecifierSet | None) -> None:
    if specifier is None or not any("+" in s.version for s in specifier):
        return
    full = (
        case.release.version
        if case.situation.os == "macos"
        else f"{case.release.version}+{case.name}"
    )
    if not specifier.contains(full, prereleases=True):
        raise Drop("requirement", f"the requirement torch{specifier} excludes {full}")


# -- the filters ---------------------------------------------------------------------------------


def _kind(case: _Case) -> None:
    """The right kind of build: for the accelerator that is here, or the one that was forced."""
    backend, here = case.request.backend, case.situation.accelerator
    _channel(case)
    if (case.release.version, case.name) in case.request.without:
        raise Drop("not-on-index", "the wheel index has no such file for this machine")
    if backend != "auto":
        if case.name != backend:
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


def _channel(case: _Case) -> None:
    """Other channels hold the newest line alone; conda-forge holds neither ROCm nor XPU."""
    channel = case.request.channel
    if channel != "stable" and not case.newest:
        raise Drop("not-on-channel", f"the {channel} index holds only the newest line")
    offered = NIGHTLY_BUILDS.get(case.situation.platform or "", ())
    if channel == "nightly" and case.name not in offered:
        raise Drop("not-on-channel", f"the nightly index has no {case.name} build any more")
    conda = case.request.installer in ("conda", "pixi")
    if conda and not CONDA_BUILDS.fullmatch(case.name):
        raise Drop("not-on-conda-forge", f"conda-forge has no {case.name} build")


def _python(case: _Case) -> None:
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


def _libc(case: _Case) -> None:
    libc, floor = case.situation.libc, case.build.libc
    if case.situation.os != "linux" or libc is None or floor is None:
        return
    if libc.family == "musl":
        raise Drop("musl", "every Linux wheel of PyTorch needs glibc; this system has musl")
    if version_key(libc.version) < version_key(floor):
        raise Drop("libc-too-old", f"needs glibc {floor}; this system has {libc.version}")


def _macos(case: _Case) -> None:
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


def _kernels(case: _Case, knowledge: Knowledge) -> None:
    """Every GPU that counts must find kernels; a forced CPU build asks for none."""
    if kind_of(case.name) == "cpu":
        return
    platform = case.situation.platform or ""
    mine = [g for g in case.situation.gpus if g.vendor == kind_of(case.name)]
    if not mine and case.request.backend != "auto" and case.situation.gpus:
        raise Drop("other-vendor", f"{case.name} serves no {case.situation.accelerator} GPU")
    left = [g for g in mine if not serves(g, case.release.version, case.name, platform, knowledge)]
    if left:
        have = ", ".join(case.build.arch_list or ()) or "kernels for other GPUs"
        raise Drop("gpu-arch-missing", f"no kernels for {_names(left)}; it has {have}")


def _names(gpus: list[Gpu]) -> str:
    return " and ".join(dict.fromkeys(label(g) for g in gpus))


def _driver(case: _Case, knowledge: Knowledge) -> bool:
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
    assert floor is not None, text
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


def _companions(case: _Case, knowledge: Knowledge, wanted: dict[str, SpecifierSet | None]) -> None:
    for package in case.request.companions:
        version = companion_of(package, case.release)
        if version is None:
            raise Drop("no-companion", f"no {package} goes with it")
        if not _matches(wanted[package], version):
            spec = case.request.specifiers[package]
            raise Drop(
                "companion-requirement", f"it goes with {package} {version}, not {package}{spec}"
            )
        (_vision if package == "torchvision" else _audio)(case, version, knowledge)


def _vision(case: _Case, version: str, _: Knowledge) -> None:
    here = case.situation
    if here.python_version == VISION_EXCLUDES and version_key(version) >= (0, 26):
        raise Drop("companion-python", f"torchvision {version} excludes Python {VISION_EXCLUDES}")
    only = case.platform.index_python
    if only and here.python_tag in only.tags:
        raise Drop("companion-python", f"torchvision {version} has no wheel for this Python")


def _audio(case: _Case, version: str, knowledge: Knowledge) -> None:
    if version != AUDIO_END or case.release.version == AUDIO_END:
        return
    own = knowledge.release(AUDIO_END)
    row = own.platforms.get(case.situation.platform or "") if own else None
    if row is None or case.name not in row.builds:
        raise Drop(
            "no-companion", f"torchaudio ended with {AUDIO_END}, which has no {case.name} build"
        )
    tag = case.situation.python_tag
    if tag is not None and tag not in row.python:
        raise Drop("companion-python", f"torchaudio {version} has no wheel for this Python")


# -- the order -----------------------------------------------------------------------------------


def _rank(one: Candidate) -> tuple[object, ...]:
    """GPU builds before an accepted CPU build, newest torch, proven, later CUDA family, native, closest CUDA.

    Within a family (12.x) the newest CUDA fits best of native builds, of the others the oldest: the
    least is asked of the driver. An earlier family (11.8 on a driver of 12.4) serves too, without
    what cuDNN and Triton have learnt since. A ROCm build of the 7.14 line weighs some 25 GB and wants
    a recent kernel driver, so an older line that serves the GPU comes first.
    """
    return (
        kind_of(one.build) != "cpu",
        version_key(one.version),
        one.proven,
        (cuda_of(one.build) or (0,))[0],
        one.native,
        _fit(one),
    )


def _fit(one: Candidate) -> tuple[int, ...]:
    cuda = cuda_of(one.build)
    if cuda is not None:
        return cuda if one.native else tuple(-n for n in cuda)
    if one.build.startswith("rocm"):
        line = version_key(one.build.removeprefix("rocm"))
        return (0, *line) if is_heavy_rocm(one.build) else (1, *line)
    return (0,)
