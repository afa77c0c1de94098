"""The joint choice over release and build: filter, order, take the first, keep every reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsetup.knowledge import Knowledge, cuda_of, is_heavy_rocm, version_key
from envsetup.knowledge.records import PROVEN
from envsetup.model import Record, Rejected
from envsetup.plan import filters
from envsetup.plan.availability import kind_of
from envsetup.plan.constraints import Situation
from envsetup.plan.filters import Case, Drop
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


def choose(situation: Situation, knowledge: Knowledge, request: Request) -> Choice:
    """Every candidate that works here, best first, and why each of the others does not."""
    accepted: list[Candidate] = []
    rejected: list[Rejected] = []
    wanted = {name: filters.specifier(text) for name, text in request.specifiers.items()}
    for release in knowledge.releases:
        if not filters.matches(wanted.get("torch"), release.version):
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
            case = Case(
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


def _examine(case: Case, knowledge: Knowledge, wanted: dict[str, SpecifierSet | None]) -> Candidate:
    """The candidate, or Drop with the first filter that it fails."""
    filters.local_version(case, wanted.get("torch"))
    filters.kind(case)
    filters.python(case)
    filters.libc(case)
    filters.macos(case)
    filters.kernels(case, knowledge)
    native = filters.driver(case, knowledge)
    filters.companions(case, knowledge, wanted)
    return Candidate(
        version=case.release.version,
        build=case.name,
        status=_weakest(case),
        native=native,
    )


def _weakest(case: Case) -> str:
    """A build is as sure as the less sure of: that it exists, and that it exists for this Python."""
    order = ("certain", "published", "announced", "inferred")
    known = [case.build.status, case.build.arch_status or case.build.status]
    only = case.platform.index_python
    if only and case.situation.python_tag in only.tags:
        known.append(only.status)
    return max(known, key=order.index)


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
