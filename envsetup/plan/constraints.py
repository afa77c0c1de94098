"""From a machine to its situation: which facts bind a choice, and which GPUs count in it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from envsetup.knowledge import Knowledge, arch_known, identify
from envsetup.model import (
    UNASKED,
    Absent,
    Fact,
    Gpu,
    Known,
    Libc,
    Machine,
    NvidiaDriver,
    Reason,
    Unreadable,
    value_of,
)
from envsetup.plan.gpus import (
    ever_served,
    gpu_unknown_words,
    is_tegra,
    label,
    may_serve,
    on_arm_alone,
)
from envsetup.plan.jetson import jetpack_of
from envsetup.plan.situation import PLATFORMS, Accelerator, Situation, normal_arch
from envsetup.plan.vendor_index import vendor_index

VENDOR_ORDER: tuple[Accelerator, ...] = ("nvidia", "amd", "intel", "apple")


ASSUMED_LIBC = Libc(family="glibc", version="2.28")
"""What every current Linux wheel needs, and every distribution since 2019 has."""


def situation_of(
    machine: Machine, knowledge: Knowledge, also: Knowledge | None = None
) -> Situation:
    """The situation of a machine, with what was assumed where a fact wasn't told.

    `also`: packages beside the wheels, which may serve a GPU that no wheel does.
    """
    os = value_of(machine.os) or "linux"
    python = value_of(machine.python)
    told_arch = (python.machine if python else None) or value_of(machine.arch)
    arch = normal_arch(os, told_arch or _usual_arch(os, machine, knowledge))
    driver = value_of(machine.nvidia_driver)
    version = value_of(driver.version) if driver else None
    jetpack = jetpack_of(machine)  # its driver comes with it, and need not tell a version
    bits = python.pointer_bits if python and python.pointer_bits else 64
    base = Situation(
        os=os,
        arch=arch,
        platform=PLATFORMS.get((os, arch)) if bits == 64 else None,
        python_version=python.version if python else None,
        python_tag=python.abi_tag or _tag(python.version, python.free_threaded) if python else None,
        pointer_bits=bits,
        libc=(value_of(machine.libc) or ASSUMED_LIBC) if os == "linux" else None,
        macos=value_of(machine.macos_version),
        driver=version,
        driver_missing=jetpack is None and _driver_missing(machine, driver),
        driver_cuda=(value_of(driver.cuda_version) if driver else None)
        or (jetpack.cuda[-1] if jetpack and version is None else None),
        wsl=isinstance(machine.wsl, Known),
        jetpack=jetpack,
        notes=_unseen(machine.gpus),
    )
    counting = _with_gpus(
        base, tuple(_identified(machine, base, knowledge)), (knowledge, also or knowledge)
    )
    return replace(counting, assumed=tuple(_assumed(machine, counting, told_arch)))


def _usual_arch(os: str, machine: Machine, knowledge: Knowledge) -> str:
    """x86_64, but for the GPUs of chips that are Arm themselves: Apple's, Jetson's and Grace's."""
    gpus = [identify(g, knowledge) for g in value_of(machine.gpus) or ()]
    apple = os == "macos" and any(g.vendor == "apple" for g in gpus)
    return "arm64" if apple or any(on_arm_alone(g) for g in gpus) else "x86_64"


def _identified(machine: Machine, base: Situation, knowledge: Knowledge) -> Iterator[Gpu]:
    """Every GPU with its architecture where anything tells it; last, the board that it is part of."""
    runtime = value_of(machine.torch_runtime)
    for gpu in value_of(machine.gpus) or ():
        one = identify(gpu, knowledge, runtime.devices if runtime else ())
        board = base.jetpack.only_gpu if base.jetpack else None
        if board and one.vendor == "nvidia" and not arch_known(one):
            one = replace(one, compute_capability=board)
        yield one


def _assumed(machine: Machine, here: Situation, told_arch: str | None) -> Iterator[str]:
    """What nobody told and the plan takes for granted. Python is chosen with the plan."""
    if not isinstance(machine.os, Known):
        yield "Linux"
    if told_arch is None:
        yield f"architecture {here.arch}"
    if here.os == "linux" and not isinstance(machine.libc, Known):
        yield f"glibc {ASSUMED_LIBC.version}"
    if here.os == "macos" and here.macos is None:
        yield "a current macOS"
    unsaid = here.driver is None and here.driver_cuda is None and not here.driver_missing
    if here.accelerator == "nvidia" and unsaid:
        yield "an NVIDIA driver that is new enough"
    if not isinstance(machine.gpus, (Known, Absent)):
        yield "no GPU"


def _unseen(gpus: Fact[tuple[Gpu, ...]]) -> tuple[Reason, ...]:
    """A look that failed is no proof that there is no GPU: a plan for none says so."""
    if not isinstance(gpus, Unreadable) or gpus is UNASKED:
        return ()
    text = (
        f"whether there is a GPU could not be seen ({gpus.source.ref}: {gpus.error}); this plans for "
        "none. Where there is one, say it: --gpu nvidia:8.9 --driver 580.95"
    )
    return (Reason(code="gpus-not-seen", text=text),)


def _tag(version: str, free_threaded: bool) -> str:
    major, _, rest = version.partition(".")
    return f"cp{major}{rest.partition('.')[0]}{'t' if free_threaded else ''}"


def _driver_missing(machine: Machine, driver: NvidiaDriver | None) -> bool:
    return isinstance(machine.nvidia_driver, Absent) or (
        driver is not None and isinstance(driver.version, Absent)
    )


def _with_gpus(base: Situation, gpus: tuple[Gpu, ...], sources: tuple[Knowledge, ...]) -> Situation:
    """Decides which GPUs count: no display adapters, no integrated beside discrete, one vendor.

    GPUs of known architecture decide; where none of them is served, one of unknown architecture does,
    since a build for it may exist.
    """
    real = tuple(g for g in gpus if not _display_only(g, sources[0]))
    counting = tuple(g for g in real if not g.integrated) or real
    known = tuple(g for g in counting if arch_known(g))
    unknown = tuple(g for g in counting if not arch_known(g) and may_serve(g, base, sources[0]))
    notes = list(base.notes)
    for vendor in VENDOR_ORDER:
        mine = tuple(g for g in known if g.vendor == vendor)
        servable = tuple(g for g in mine if any(ever_served(g, base, one) for one in sources))
        notes += [_never(g, base) for g in mine if g not in servable]
        if servable:
            others = tuple(g for g in known if g.vendor != vendor)
            notes += [_passed_over(g, vendor) for g in others]
            notes += [_left_out(g) for g in unknown]
            return replace(base, accelerator=vendor, gpus=servable, notes=tuple(notes))
    for vendor in VENDOR_ORDER:
        mine = tuple(g for g in unknown if g.vendor == vendor)
        if mine:
            return replace(base, accelerator=vendor, gpus=mine, notes=tuple(notes))
    notes += [_never(g, base) for g in counting if not arch_known(g)]
    return replace(base, unserved=counting, notes=tuple(notes))


def _display_only(gpu: Gpu, knowledge: Knowledge) -> bool:
    """An Intel device that PyTorch's XPU builds don't list, or an integrated one that nobody names."""
    if gpu.vendor != "intel":
        return False
    return not knowledge.is_xpu(gpu.pci_id) if gpu.pci_id else bool(gpu.integrated)


def _left_out(gpu: Gpu) -> Reason:
    text = f"{gpu_unknown_words((gpu,))}: the plan is for the other GPUs"
    return Reason(code="gpu-unknown", text=text)


def _never(gpu: Gpu, base: Situation) -> Reason:
    hint = ""
    if is_tegra(gpu):
        hint = "; NVIDIA's own wheels for its JetPack release serve it"
    if gpu.vendor == "apple" and base.platform == "macos_x86_64":
        hint = "; a native arm64 Python instead of one under Rosetta gets MPS and a newer torch"
    if vendor_index(gpu, base) is not None:
        hint = "; its vendor has builds of its own: see what would give more"
    return Reason(
        code="gpu-not-served",
        text=f"no published build of PyTorch for {base.os} {base.arch} has kernels for "
        f"{label(gpu)}: it will not be used, computation runs on the CPU{hint}",
    )


def _passed_over(gpu: Gpu, chosen: str) -> Reason:
    return Reason(
        code="other-vendor-gpu",
        text=f"{label(gpu)} stays unused: one build serves one vendor, and {chosen} comes first",
    )
