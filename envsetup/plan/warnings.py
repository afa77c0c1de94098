"""What to take care of with a plan: builds nobody has seen, GPUs left unused, old releases, overrides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from envsetup.knowledge import Knowledge, cuda_of, version_key
from envsetup.model import Reason
from envsetup.plan.availability import AUDIO_NEWEST, AUDIO_PAIRED, CONDA, cuda_words, kind_of
from envsetup.plan.choose import Candidate, Choice
from envsetup.plan.gpus import gpu_unknown_words, label
from envsetup.plan.request import Request
from envsetup.plan.situation import Situation

STALE_AFTER_DAYS = 60
UNCONFIRMED_GFX = ("gfx1103",)
"""In the architecture list of a build, and no report of it working on hardware was found."""
CVE_FIXED_IN = "2.6.0"
CVE = "CVE-2025-32434"


def warnings_of(
    best: Candidate, choice: Choice, situation: Situation, knowledge: Knowledge, request: Request
) -> Iterator[Reason]:
    if kind_of(best.build) == "cpu" and situation.accelerator not in ("none", "apple"):
        gpus = ", ".join(label(g) for g in situation.gpus)
        yield Reason(code="cpu-build-beside-gpu", text=f"a CPU build leaves {gpus} unused")
    if situation.unknown:
        yield Reason(code="gpu-unknown", text=_unknown(best, situation))
    if request.channel != "stable":
        text = f"the {request.channel} index changes daily: the newest there is taken, its kernels as in {best.version}"
        yield Reason(code="unpinned-channel", text=text)
    yield from _installer(best, situation, request)
    yield from _from_mirror_alone(best, situation, knowledge)
    yield from _unverified(best, choice)
    yield from _below_the_floor(best, situation, knowledge)
    yield from _old(best, choice, knowledge)
    yield from _amd(best, situation, knowledge)
    if version_key(best.version) < version_key(CVE_FIXED_IN):
        text = (
            f"torch {best.version} has {CVE}: torch.load runs code from a crafted file even with "
            f"weights_only=True; fixed in {CVE_FIXED_IN}. Load only files that you trust"
        )
        yield Reason(
            code="known-vulnerability", text=text, source=f"https://nvd.nist.gov/vuln/detail/{CVE}"
        )
    yield from _audio(best, situation)
    yield from stale(knowledge, request)


STATUS = {
    "conda": (
        "conda-forge's recipe of PyTorch",
        "https://github.com/conda-forge/pytorch-cpu-feedstock",
    ),
    "pixi": ("pixi's guide to PyTorch", "https://pixi.prefix.dev/v0.76.0/python/pytorch/"),
    "poetry": ("Poetry's guide to package sources", "https://python-poetry.org/docs/repositories/"),
    "pdm": ("PDM's guide to package indexes", "https://pdm-project.org/latest/usage/config/"),
}
"""What the commands of each installer follow; envsetup's tests run pip's and uv's alone."""
PIXI_PLATFORMS = {
    ("linux", "x86_64"): "linux-64", ("linux", "aarch64"): "linux-aarch64", ("windows", "x86_64"): "win-64",
}  # fmt: skip


def _installer(best: Candidate, situation: Situation, request: Request) -> Iterator[Reason]:
    followed = STATUS.get(request.installer)
    if followed is None:
        return
    text = f"this command follows {followed[0]}; envsetup has not run it"
    yield Reason(code="installer-not-run", text=text, source=followed[1])
    if request.installer in CONDA and not best.older and not request.specifiers.get("torch"):
        text = (
            f"the newest on conda-forge is taken: {best.version} is the newest that was seen there"
        )
        yield Reason(code="unpinned-conda", text=text)
    platform = PIXI_PLATFORMS.get((situation.os, situation.arch))
    if request.installer == "pixi" and cuda_of(best.build) and platform:
        major = (cuda_of(best.build) or (0,))[0]
        text = (
            "pixi takes CPU builds unless the workspace declares CUDA: first write, under [workspace] "
            f'of pixi.toml, platforms = [{{ platform = "{platform}", cuda = "{major}.0" }}]'
        )
        yield Reason(code="pixi-needs-cuda-declared", text=text, source=followed[1])


def _audio(best: Candidate, situation: Situation) -> Iterator[Reason]:
    audio = best.companions.get("torchaudio")
    if audio == AUDIO_PAIRED and version_key(best.version) > version_key(AUDIO_PAIRED):
        text = f"torchaudio {audio} names no torch; with {best.version} it works by the stable ABI (inferred)"
        yield Reason(code="companion-unpaired", text=text)
    if audio == AUDIO_NEWEST and situation.os != "macos":
        text = f"torchaudio {audio} was seen on the default index; that {best.build}'s index has it is inferred"
        yield Reason(code="companion-unpaired", text=text)


def _unknown(best: Candidate, situation: Situation) -> str:
    words = gpu_unknown_words(situation.unknown)
    if kind_of(best.build) == "cpu":
        return f"{words}. Say it (--gpu nvidia:8.6), and a build for it can be chosen"
    return f"{words}: prove with `envsetup doctor` that {best.build} does"


def _from_mirror_alone(
    best: Candidate, situation: Situation, knowledge: Knowledge
) -> Iterator[Reason]:
    if knowledge.is_from_mirror_alone(best.version, best.build, situation.platform or ""):
        text = (
            f"torch {best.version}+{best.build} is known from the mirror {knowledge.mirror} alone: PyTorch's own "
            "index has not listed it, as far as is known. Run `envsetup knowledge refresh` without --mirror "
            "to see whether it does now, or trust the mirror"
        )
        yield Reason(code="from-mirror-alone", text=text, source=knowledge.mirror)


def _unverified(best: Candidate, choice: Choice) -> Iterator[Reason]:
    if best.proven:
        return
    kind = kind_of(best.build)
    safe = next((c for c in choice.accepted if c.proven and kind_of(c.build) == kind), None)
    instead = f"; the next certain one is {safe.version}+{safe.build}" if safe else ""
    text = f"{best.version}+{best.build} is {best.status}: {best.doubt}{instead}"
    yield Reason(code="unverified-build", text=text)


def _below_the_floor(
    best: Candidate, situation: Situation, knowledge: Knowledge
) -> Iterator[Reason]:
    """A driver of CUDA 12.0's first release on Windows is older than the one 12.x is promised from."""
    if not best.build.startswith("cu") or situation.driver is None or best.native:
        return
    floor = knowledge.driver_floor(cuda_words(best.build), situation.driver_os)
    if floor is not None and version_key(situation.driver) < version_key(floor.version):
        text = (
            f"driver {situation.driver} is older than {floor.version}, from which {best.build} is "
            "promised to run: update the driver, or prove it with `envsetup doctor`"
        )
        yield Reason(code="driver-below-floor", text=text, source=floor.source)


def _old(best: Candidate, choice: Choice, knowledge: Knowledge) -> Iterator[Reason]:
    """Said only where the machine or the Python, not the request, holds torch back."""
    newest = knowledge.releases[0].version
    if best.version == newest:
        return
    if any(r.version == newest and r.code == "requirement" for r in choice.rejected):
        return
    kind = kind_of(best.build)
    why = next(
        (r for r in choice.rejected if r.version == newest and kind in (kind_of(r.build or ""), "cpu")
         and r.code not in ("no-gpu-for-build", "other-vendor", "cpu-build-beside-gpu", "not-the-backend")),
        None,
    )  # fmt: skip
    if why is None:
        return  # no such build of the newest release is known: nothing here holds torch back
    reason = f": {newest}{'+' + why.build if why.build else ''}: {why.text}"
    yield Reason(code="old-release", text=f"torch {newest} can't be used here{reason}")


def _amd(best: Candidate, situation: Situation, knowledge: Knowledge) -> Iterator[Reason]:
    row = knowledge.rocm_build(best.build) if best.build.startswith("rocm") else None
    if row is None:
        return
    if situation.wsl:
        text = (
            "under WSL2 ROCm reaches the GPU through /dev/dxg: install AMD's librocdxg, without which "
            "torch sees no GPU, and set HSA_ENABLE_DXG_DETECTION=1"
        )
        yield Reason(code="amd-wsl2", text=text, source="https://github.com/ROCm/librocdxg")
    for gpu in situation.gpus:
        if gpu.gfx is None or (gpu.gfx in row.gfx and gpu.gfx not in row.unusable):
            continue
        override = knowledge.rocm.overrides[gpu.gfx]
        text = (
            f"{label(gpu)} has no kernels of its own: set HSA_OVERRIDE_GFX_VERSION={override.value} "
            f"({override.state}, not supported by AMD) and prove it with `envsetup doctor`"
        )
        yield Reason(code="override-needed", text=text, source=override.source)
    for gpu in situation.gpus:
        if gpu.gfx in UNCONFIRMED_GFX:
            text = f"nobody has confirmed {best.build} on {label(gpu)} yet: prove it with `envsetup doctor`"
            yield Reason(code="unconfirmed-gpu", text=text, source=row.source)
    newest = knowledge.rocm.builds[0]
    gone = [g for g in situation.gpus if g.gfx and g.gfx in row.gfx and g.gfx not in newest.gfx]
    if gone:
        text = (
            f"{label(gone[0])} is no longer supported by ROCm's libraries: {best.build} is the last "
            "that has kernels for it"
        )
        yield Reason(code="unsupported-by-vendor", text=text, source=row.source)


def stale(knowledge: Knowledge, request: Request) -> Iterator[Reason]:
    """What is wrong with the knowledge itself: its age, and a stored file that can't be used."""
    if knowledge.trouble:
        text = f"knowledge that a refresh has stored is not used: {knowledge.trouble}"
        yield Reason(code="stored-knowledge-unusable", text=text)
    if request.today is None:
        return
    days = (date.fromisoformat(request.today) - date.fromisoformat(knowledge.as_of)).days
    if days > STALE_AFTER_DAYS:
        text = f"what is known of PyTorch's wheels is {days} days old; update envsetup"
        yield Reason(code="stale-knowledge", text=text)
