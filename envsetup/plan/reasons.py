"""Why a plan is what it is: what decided for the chosen build, or what stands nearest where nothing fits."""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.knowledge import Knowledge
from envsetup.model import Reason, Rejected
from envsetup.plan.availability import cuda_words, kind_of
from envsetup.plan.choose import Candidate, Choice
from envsetup.plan.gpus import label
from envsetup.plan.situation import Situation

PROGRESS = (
    "requirement", "no-wheel-for-platform", "not-on-channel", "not-on-index",
    "no-wheel-for-python", "musl", "bionic", "libc-too-old", "macos-too-old", "macos-too-old-for-mps",
    "gpu-unknown", "gpu-arch-unknown", "gpu-arch-missing",
    "driver-dropped-gpu", "driver-too-old-for-gpu", "driver-too-old", "driver-missing",
    "companion-python", "no-companion", "companion-requirement",
)  # fmt: skip
"""The filters in their order: who fell later came nearer. Builds of another kind don't count."""


def why_refused(situation: Situation, choice: Choice, *, conda: bool = False) -> Reason:
    """The reason of the candidate that came nearest; the newest of those that came equally far."""
    mine = [r for r in choice.rejected if r.code in PROGRESS and _of_the_kind(r, situation)]
    if not mine:
        if conda and situation.accelerator in ("amd", "intel"):
            text = f"conda-forge has no builds for {situation.accelerator} GPUs"
            return Reason(code="not-on-conda-forge", text=text)
        first = next(iter(choice.rejected), None)
        return Reason(code="nothing-on-offer", text=first.text if first else "no release is known")
    nearest = max(mine, key=lambda r: PROGRESS.index(r.code))
    if nearest.code == "gpu-unknown":
        return Reason(code=nearest.code, text=nearest.text)
    if nearest.code == "requirement" and nearest.build is None:
        text = f"no release on offer fits: {nearest.text}; {nearest.version} is the newest there is"
        return Reason(code=nearest.code, text=text)
    name = nearest.version + (f"+{nearest.build}" if nearest.build else "")
    return Reason(code=nearest.code, text=f"no candidate fits; the nearest, {name}: {nearest.text}")


def _of_the_kind(rejected: Rejected, situation: Situation) -> bool:
    counts = situation.accelerator not in ("none", "apple")
    return not (rejected.build and counts and kind_of(rejected.build) != situation.accelerator)


def because(best: Candidate, situation: Situation, knowledge: Knowledge) -> Iterator[Reason]:
    release = knowledge.release(best.version)
    assert release is not None
    source = knowledge.sources.get(release.source[0], release.source[0])
    gpus = " and ".join(dict.fromkeys(label(g) for g in situation.gpus))
    if kind_of(best.build) == "cpu":
        what = "on this system" if situation.os == "macos" else "with a CPU build"
        code = "newest-for-mac" if situation.os == "macos" else "newest-cpu-build"
        yield Reason(
            code=code,
            text=f"torch {best.version} is the newest that runs here {what}",
            source=source,
        )
    elif situation.unknown:
        text = f"{best.build} was asked for"
        yield Reason(code="build-asked-for", text=text, source=source)
    else:
        text = f"torch {best.version} is the newest with a build that has kernels for {gpus or 'the GPU'}"
        yield Reason(code="newest-build-for-gpu", text=text, source=source)
    build = knowledge.build(best.version, best.build, situation.platform or "")
    if build and build.arch_list:
        have = ", ".join(build.arch_list)
        yield Reason(
            code="kernels", text=f"{best.build} holds kernels for {have}", source=build.source
        )
    if best.build.startswith("cu") and situation.driver:
        yield _driver_reason(best, situation, knowledge)


def _driver_reason(best: Candidate, situation: Situation, knowledge: Knowledge) -> Reason:
    cuda = cuda_words(best.build)
    source = knowledge.drivers.source
    if best.native:
        text = f"driver {situation.driver} serves CUDA {cuda} by itself"
        return Reason(code="driver-native", text=text, source=source)
    text = (
        f"driver {situation.driver} serves CUDA {cuda} by minor-version compatibility: "
        "compiled kernels run, PTX of that version can't be compiled by the driver"
    )
    return Reason(
        code="driver-minor-version", text=text, source=knowledge.drivers.minor_version_source[0]
    )
