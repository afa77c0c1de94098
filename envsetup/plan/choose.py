"""The joint choice over release and build: filter, order, take the first, keep every reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import field
from msgspec.structs import replace

from envsetup.knowledge import Knowledge, cuda_of, is_heavy_rocm, version_key
from envsetup.knowledge.arch import ORIN
from envsetup.knowledge.records import PROVEN
from envsetup.model import Record, Rejected
from envsetup.plan import filters
from envsetup.plan.availability import CONDA, kind_of, python_words
from envsetup.plan.filters import Case, Drop
from envsetup.plan.gpus import label
from envsetup.plan.request import Request
from envsetup.plan.situation import Situation

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet


class Candidate(Record):
    """One release in one build; `build` is the index name, `cpu` also for macOS."""

    version: str
    build: str
    status: str
    doubt: str = ""
    """What nobody has seen of it, in words; empty where it is proven."""
    companions: dict[str, str] = field(default_factory=dict)
    """The releases of torchvision and torchaudio that go with it, of those that were named."""
    older: bool = False
    """An earlier release than the newest that was seen where the installer looks."""
    conda_variants: bool = True
    """conda-forge has CUDA and CPU builds for the system, and a name for each."""
    native: bool = True
    """The driver serves the build's CUDA by itself, without minor-version compatibility."""

    @property
    def proven(self) -> bool:
        return self.status in PROVEN


class Choice(Record):
    accepted: tuple[Candidate, ...]
    """Best first."""
    rejected: tuple[Rejected, ...]


def offered(knowledge: Knowledge, request: Request) -> Knowledge:
    """What the installer installs from: wheels, or conda-forge's packages."""
    return knowledge.conda_forge if request.installer in CONDA else knowledge


def choose(situation: Situation, knowledge: Knowledge, request: Request) -> Choice:
    """Every candidate that works here, best first, and why each of the others does not."""
    knowledge = offered(knowledge, request)
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


def with_python(
    situation: Situation, knowledge: Knowledge, request: Request
) -> tuple[Situation, Choice]:
    """The newest Python with which the best plan exists, and the choice for it.

    Python that nobody said is chosen together with release and build. Where there is no plan with any
    Python, none is taken: it is no reason to refuse.
    """
    ideal = choose(situation, knowledge, request)
    best: tuple[Situation, Choice] = (situation, ideal)
    for tag in _pythons(situation, offered(knowledge, request)) if ideal.accepted else ():
        words = python_words(tag)
        here = replace(
            situation,
            python_tag=tag,
            python_version=words,
            assumed=(*situation.assumed, f"Python {words}"),
        )
        choice = choose(here, knowledge, request)
        if not choice.accepted:
            continue
        reached = _rank(choice.accepted[0])
        if best[0] is situation or reached > _rank(best[1].accepted[0]):
            best = here, choice
        if reached == _rank(ideal.accepted[0]):
            break
    return best


def _pythons(situation: Situation, knowledge: Knowledge) -> list[str]:
    """Tags that any release has for the system, newest first; none of them free-threaded."""
    rows = (r.platforms.get(situation.platform or "") for r in knowledge.releases)
    tags = {tag for row in rows if row for tag in row.python if not tag.endswith("t")}
    return sorted(tags or {"cp312"}, key=lambda tag: int(tag[3:]), reverse=True)


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
    companions = filters.companions(case, knowledge, wanted)
    status, doubt = max(_doubts(case), key=lambda one: ORDER.index(one[0]))
    return Candidate(
        version=case.release.version,
        build=case.name,
        status=status,
        doubt=doubt,
        native=native,
        companions=companions,
        older=not case.newest,
        conda_variants=len(case.platform.builds) > 1,
    )


ORDER = ("certain", "published", "announced", "inferred")


def _doubts(case: Case) -> Iterator[tuple[str, str]]:
    """A build is as sure as the least sure of what the choice of it stands on."""
    build, here = case.build, case.situation
    yield build.status, "nobody has seen it on the index"
    mine = [g for g in here.gpus if g.vendor == kind_of(case.name)]
    if mine and build.arch_status:
        yield build.arch_status, "its list of GPUs is concluded from other builds"
    if mine and cuda_of(case.name) and build.arch_list is None:
        yield "inferred", "for which GPUs it has kernels is not known"
    for gpu in mine:
        if gpu.compute_capability == ORIN and ORIN not in (build.arch_list or ()):
            text = f"nobody has confirmed that its kernels for 8.0 run on {label(gpu)}"
            yield "inferred", text
    only = case.platform.index_python
    if only and here.python_tag in only.tags:
        yield only.status, f"nobody has seen it for Python {python_words(here.python_tag or '')}"


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
