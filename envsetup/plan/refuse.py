"""What would help where nothing on offer does what was asked: found by trying each change for real."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from envsetup.knowledge import Knowledge, version_key
from envsetup.model import Fix, Gpu, Libc
from envsetup.plan.availability import CONDA, kind_of
from envsetup.plan.choose import Candidate, choose
from envsetup.plan.filters import BRANCH_SPAN
from envsetup.plan.gpus import is_tegra, label
from envsetup.plan.jetson import GUIDE, by_cuda, by_driver, index_of_jetpack
from envsetup.plan.request import Request
from envsetup.plan.situation import Situation
from envsetup.plan.vendor_index import vendor_fixes

Change = tuple[str, Situation, Request, str]
"""What to do in words, the situation and request after it, and its safety."""

MOST_FIXES = 6
MOST_OF_A_KIND = 2
"""Five older Pythons in a row help nobody choose."""


def helpful_changes(
    situation: Situation, knowledge: Knowledge, request: Request
) -> tuple[Fix, ...]:
    """The smallest changes after which a plan exists, best first; pairs only where none alone helps."""
    first = list(_vendor_index(situation, request))
    single = list(_changes(situation, knowledge, request))
    fixes = list(_that_help(single, knowledge))
    if not fixes:
        pairs = (
            (f"{words}; then: {more[0].lower() + more[1:]}", after, asked, _worse(safety, danger))
            for words, middle, request_after, safety in single
            for more, after, asked, danger in _changes(middle, knowledge, request_after)
            if more.split()[0] != words.split()[0]
        )
        fixes = list(_that_help(pairs, knowledge))
    return tuple([*first, *fixes, *_cpu(situation, knowledge, request)][:MOST_FIXES])


def _worse(one: str, other: str) -> str:
    order = ("safe", "root", "reboot", "deletes")
    return max(one, other, key=order.index)


def _that_help(changes: list[Change] | Iterator[Change], knowledge: Knowledge) -> Iterator[Fix]:
    seen: set[str] = set()
    of_kind: dict[str, int] = {}
    for words, situation, request, safety in changes:
        accepted = choose(situation, knowledge, request).accepted
        kind = words.split()[0] + words.split()[1]
        if not accepted or words in seen or of_kind.get(kind, 0) >= MOST_OF_A_KIND:
            continue
        seen.add(words)
        of_kind[kind] = of_kind.get(kind, 0) + 1
        best = accepted[0]
        yield Fix(text=f"{words}: then torch {_name(best, situation)} fits", safety=safety)  # type: ignore[arg-type]
        if len(seen) == MOST_FIXES:
            return


def _name(one: Candidate, situation: Situation) -> str:
    return one.version if situation.os == "macos" else f"{one.version}+{one.build}"


def _changes(situation: Situation, knowledge: Knowledge, request: Request) -> Iterator[Change]:
    yield from _driver(situation, knowledge, request)
    yield from _interpreter(situation, knowledge, request)
    yield from _system(situation, request)
    yield from _requirement(situation, request)


def _driver(situation: Situation, knowledge: Knowledge, request: Request) -> Iterator[Change]:
    """The oldest driver that opens a CUDA family which the GPU's last branch still reaches."""
    if situation.accelerator != "nvidia" or any(is_tegra(g) for g in situation.gpus):
        return
    capabilities = [g.compute_capability for g in situation.gpus if g.compute_capability]
    ends = [b for c in capabilities if (b := knowledge.last_branch(c))]
    last = min((int(b.branch) for b in ends), default=None)
    offered = {
        f.windows if situation.driver_os == "windows" else f.linux
        for f in knowledge.drivers.families
    }
    offered |= {f for c in capabilities if (f := knowledge.first_driver(c, situation.driver_os))}
    offered |= {str(last)} if last else set()
    gone = last is not None and version_key(situation.driver or "0")[0] >= last + BRANCH_SPAN
    for version in sorted(offered, key=version_key, reverse=True):
        if last is not None and version_key(version)[0] > last:
            continue
        if situation.driver and not gone and version_key(version) <= version_key(situation.driver):
            continue
        after = replace(situation, driver=version, driver_missing=False, driver_cuda=None)
        only = f" (branch {last} is the last for {label(situation.gpus[0])})" if last else ""
        where = " on Windows" if situation.wsl else ""
        words = f"Install the NVIDIA driver {version}{'' if last else ' or newer'}{where}{only}"
        yield words, after, request, "root"


def _interpreter(situation: Situation, knowledge: Knowledge, request: Request) -> Iterator[Change]:
    if situation.pointer_bits == 32:
        from envsetup.plan.situation import PLATFORMS

        platform = PLATFORMS.get((situation.os, situation.arch))
        after = replace(situation, pointer_bits=64, platform=platform)
        yield "Use a 64-bit Python", after, request, "safe"
    if situation.platform == "macos_x86_64":
        after = replace(situation, arch="arm64", platform="macos_arm64")
        yield (
            "On Apple silicon, use a native arm64 Python instead of one under Rosetta",
            after,
            request,
            "safe",
        )
    tags = {t for r in knowledge.releases[:12] for p in r.platforms.values() for t in p.python}
    newest = sorted(
        (t for t in tags if not t.endswith("t")), key=lambda t: int(t[3:]), reverse=True
    )
    for tag in newest:
        if situation.python_tag not in (None, tag):
            words = f"Use Python {tag[2]}.{tag[3:]}"
            yield words, replace(situation, python_tag=tag, python_version=None), request, "safe"


def _system(situation: Situation, request: Request) -> Iterator[Change]:
    if situation.libc is not None and situation.libc.family == "bionic":
        return
    if situation.os == "linux" and situation.libc is not None:
        after = replace(situation, libc=Libc(family="glibc", version="2.28"))
        words = "Use a system (or a container image, such as Debian slim) with glibc 2.28 or newer"
        yield words, after, request, "safe"
    if situation.os == "macos" and situation.macos is not None:
        for version in ("13.0", "14.0", "15.0"):
            if version_key(version) > version_key(situation.macos):
                after = replace(situation, macos=version)
                yield f"Update macOS to {version} or newer", after, request, "reboot"


def _requirement(situation: Situation, request: Request) -> Iterator[Change]:
    if request.installer in CONDA:
        yield (
            "Take PyTorch's own wheels (--installer pip)",
            situation,
            replace(request, installer="pip"),
            "safe",
        )
    if any(request.specifiers.values()):
        loose = replace(request, specifiers=dict.fromkeys(request.specifiers, ""))
        yield "Ask for torch without a version", situation, loose, "safe"
    if request.backend != "auto":
        yield (
            "Leave the build to envsetup (--backend auto)",
            situation,
            replace(request, backend="auto"),
            "safe",
        )
    for package in request.companions:
        specifiers = {k: v for k, v in request.specifiers.items() if k != package}
        yield f"Do without {package}", situation, replace(request, specifiers=specifiers), "safe"


SIXTY_FOUR_BIT = {"i386": "x86_64", "i686": "x86_64", "x86": "x86_64", "armv7l": "aarch64"}


def _vendor_index(situation: Situation, request: Request) -> Iterator[Fix]:
    if situation.platform is None and situation.pointer_bits == 64:
        other = SIXTY_FOUR_BIT.get(situation.arch)
        if other:
            text = f"Use a 64-bit system and Python ({other}): PyTorch has no 32-bit wheels"
        else:
            text = (
                f"PyTorch publishes no wheels for {situation.arch}: build it from source, or ask "
                "the system's own packages"
            )
        yield Fix(text=text)
    if situation.libc is not None and situation.libc.family == "bionic":
        yield from TERMUX
    if situation.unknown:
        yield from _tell_the_gpu(situation.unknown[0])
    yield from _jetson(situation, request)
    yield from vendor_fixes((*situation.gpus, *situation.unserved), situation, request)


TERMUX = (
    Fix(text="In Termux take its own build of PyTorch", argv=("pkg", "install", "python-torch")),
    Fix(text="Or use a Linux distribution in Termux (proot-distro), which has glibc"),
)
"""Source: termux/termux-packages#29202."""
READING = {
    "nvidia": (
        ("nvidia-smi", "--query-gpu=name,compute_cap", "--format=csv"),
        "developer.nvidia.com/cuda-gpus lists it too",
        "nvidia:8.6",
    ),
    "amd": (("rocminfo",), "AMD's list of supported GPUs has it too", "amd:gfx1100"),
    "intel": (("lspci", "-nn"), "it stands in brackets behind 8086", "intel:56a0"),
}
"""How a GPU's architecture is read, where else it stands, and how it is said."""


def _tell_the_gpu(gpu: Gpu) -> Iterator[Fix]:
    argv, elsewhere, said = READING[gpu.vendor]
    yield Fix(
        text=f"Read what runs on {label(gpu)} ({elsewhere}), then say it: --gpu {said}",
        argv=argv,
    )


def _jetson(situation: Situation, request: Request) -> Iterator[Fix]:
    """NVIDIA's own wheels for the JetPack that runs; no index where none is known to serve it."""
    if situation.os != "linux" or not any(is_tegra(g) for g in situation.gpus):
        return
    one = situation.jetpack or by_cuda(situation.driver_cuda) or by_driver(situation.driver)
    index = index_of_jetpack(one, situation.driver_cuda) if one else None
    if one is not None and index is not None and _python_is(one.python, situation):
        argv = (request.python, "-m", "pip", "install", *request.specifiers, "--index-url", index)
        text = (
            f"On JetPack {one.name} (Python {one.python}) take NVIDIA's own wheels: the Arm server "
            "wheels don't serve it"
        )
        yield Fix(text=text, argv=argv)
        return
    which = f"JetPack {one.name} (Python {one.python})" if one else "the board's JetPack release"
    yield Fix(
        text=f"Take NVIDIA's own wheels for {which}: {GUIDE} lists them; the Arm server wheels "
        "don't serve it"
    )


def _python_is(version: str, situation: Situation) -> bool:
    """Whether it is the Python that is there; where none is said, the board's own is meant."""
    return situation.python_tag in (None, f"cp{version.replace('.', '')}")


def _cpu(situation: Situation, knowledge: Knowledge, request: Request) -> Iterator[Fix]:
    if situation.accelerator == "none" or request.backend != "auto" or request.allow_cpu:
        return
    accepted = choose(situation, knowledge, replace(request, allow_cpu=True)).accepted
    if accepted and kind_of(accepted[0].build) == "cpu":
        name = _name(accepted[0], situation)
        yield Fix(text=f"If the CPU is enough, say so with --allow-cpu: then torch {name} fits")
