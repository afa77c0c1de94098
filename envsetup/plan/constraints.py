"""What of a machine a choice depends on, brought to the terms of the wheels."""

from __future__ import annotations

import re
from typing import Literal

from msgspec.structs import replace

from envsetup.knowledge import Knowledge, covers
from envsetup.knowledge.arch import TEGRA_CAPABILITIES
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
    Record,
    Unreadable,
    value_of,
)

CAPABILITY = re.compile(r"[0-9]{1,2}\.[0-9]")
Accelerator = Literal["nvidia", "amd", "intel", "apple", "none"]
VENDOR_ORDER: tuple[Accelerator, ...] = ("nvidia", "amd", "intel", "apple")
DATA_CENTRE_CAPABILITIES = {"6.0", "7.0", "8.0", "9.0", "10.0", "10.3"}
DATA_CENTRE_MODEL = re.compile(r"\b(?:tesla|t4g?|a2|a10[gm]?|a16|a40|l2|l20|l4|l40[gs]?)\b")
"""GPUs for which NVIDIA's forward-compatibility package exists (CUDA Compatibility guide).

By capability where it is theirs alone, else by model, as drivers ("NVIDIA L4") and the PCI id
database ("AD104GL [L4]") name it."""


class Situation(Record):
    """None in a field: it is not known, and the filters that need it let every candidate pass."""

    os: str
    arch: str
    platform: str | None
    python_version: str | None = None
    python_tag: str | None = None
    pointer_bits: int = 64
    libc: Libc | None = None
    macos: str | None = None
    accelerator: Accelerator = "none"
    gpus: tuple[Gpu, ...] = ()
    driver: str | None = None
    driver_missing: bool = False
    driver_cuda: str | None = None
    wsl: bool = False
    notes: tuple[Reason, ...] = ()

    @property
    def driver_os(self) -> str:
        """Whose driver numbers count: under WSL2 the driver is the Windows one."""
        return "windows" if self.os == "windows" or self.wsl else "linux"


PLATFORMS = {
    ("linux", "x86_64"): "linux_x86_64",
    ("linux", "aarch64"): "linux_aarch64",
    ("windows", "x86_64"): "windows_amd64",
    ("windows", "arm64"): "windows_arm64",
    ("macos", "arm64"): "macos_arm64",
    ("macos", "x86_64"): "macos_x86_64",
}
SAME_ARCH = {"amd64": "x86_64", "x64": "x86_64"}


def normal_arch(os: str, arch: str) -> str:
    """One name for each architecture: arm64 on macOS and Windows, aarch64 on Linux."""
    arch = SAME_ARCH.get(arch.lower(), arch.lower())
    if arch in ("arm64", "aarch64"):
        return "aarch64" if os == "linux" else "arm64"
    return arch


def situation_of(machine: Machine, knowledge: Knowledge) -> Situation:
    """The situation of a machine, its GPUs named by chip where only the PCI id is known."""
    os = value_of(machine.os) or "linux"
    python = value_of(machine.python)
    arch = normal_arch(
        os, (python.machine if python else None) or value_of(machine.arch) or "x86_64"
    )
    driver = value_of(machine.nvidia_driver)
    bits = python.pointer_bits if python and python.pointer_bits else 64
    return _with_gpus(
        Situation(
            os=os,
            arch=arch,
            platform=PLATFORMS.get((os, arch)) if bits == 64 else None,
            python_version=python.version if python else None,
            python_tag=python.abi_tag or _tag(python.version, python.free_threaded)
            if python
            else None,
            pointer_bits=bits,
            libc=value_of(machine.libc),
            macos=value_of(machine.macos_version),
            driver=value_of(driver.version) if driver else None,
            driver_missing=_driver_missing(machine, driver),
            driver_cuda=value_of(driver.cuda_version) if driver else None,
            wsl=isinstance(machine.wsl, Known),
            notes=_unseen(machine.gpus),
        ),
        tuple(identify(gpu, knowledge) for gpu in value_of(machine.gpus) or ()),
        knowledge,
    )


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


def identify(gpu: Gpu, knowledge: Knowledge) -> Gpu:
    """A GPU with what its PCI id or its name tell of its architecture, where it isn't told legibly."""
    if gpu.compute_capability and not CAPABILITY.fullmatch(gpu.compute_capability):
        gpu = replace(gpu, compute_capability=None)
    chip = (
        knowledge.chip(gpu.pci_id)
        if gpu.pci_id and not (gpu.compute_capability or gpu.gfx)
        else None
    )
    if chip is not None:
        gpu = replace(
            gpu,
            name=gpu.name or chip.name,
            compute_capability=chip.compute_capability,
            gfx=chip.gfx,
            integrated=chip.integrated if gpu.integrated is None else gpu.integrated,
        )
    if gpu.vendor == "nvidia" and gpu.compute_capability is None and gpu.name:
        gpu = replace(gpu, compute_capability=knowledge.compute_capability(gpu.name))
    if gpu.vendor == "amd" and gpu.integrated is None and gpu.gfx in knowledge.rocm.integrated:
        gpu = replace(gpu, integrated=True)
    return gpu


def _with_gpus(base: Situation, gpus: tuple[Gpu, ...], knowledge: Knowledge) -> Situation:
    """Decides which GPUs count: no display adapters, no integrated beside discrete, one vendor."""
    real = tuple(g for g in gpus if g.vendor != "intel" or knowledge.is_xpu(g.pci_id))
    discrete = tuple(g for g in real if not g.integrated)
    counting = discrete or real
    notes: list[Reason] = list(base.notes)
    for vendor in VENDOR_ORDER:
        mine = tuple(g for g in counting if g.vendor == vendor)
        if not mine:
            continue
        servable = tuple(g for g in mine if ever_served(g, base, knowledge))
        notes += [_never(g, base) for g in mine if g not in servable]
        if servable:
            others = tuple(g for g in counting if g.vendor != vendor)
            notes += [_passed_over(g, vendor) for g in others]
            return replace(base, accelerator=vendor, gpus=servable, notes=tuple(notes))
    return replace(base, notes=tuple(notes))


def label(gpu: Gpu) -> str:
    """A GPU as a reader knows it: name with architecture."""
    arch = gpu.compute_capability or gpu.gfx
    name = gpu.name or f"{gpu.vendor} GPU {gpu.index}"
    return f"{name} ({arch})" if arch else name


def _never(gpu: Gpu, base: Situation) -> Reason:
    hint = ""
    if is_tegra(gpu):
        hint = "; NVIDIA's own wheels for its JetPack release serve it"
    if gpu.vendor == "apple" and base.platform == "macos_x86_64":
        hint = "; a native arm64 Python instead of one under Rosetta gets MPS and a newer torch"
    if gpu.vendor == "amd" and base.os == "windows":
        hint = "; AMD offers builds of its own at https://repo.amd.com/rocm/whl-multi-arch"
    elif gpu.vendor == "amd" and gpu.gfx in ("gfx1010", "gfx1011", "gfx1012"):
        hint = "; AMD's own index https://repo.amd.com/rocm/whl-multi-arch has one that may work"
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


def ever_served(gpu: Gpu, base: Situation, knowledge: Knowledge) -> bool:
    """Whether any build for this system could serve the GPU, whatever Python, libc, driver, release.

    A system without any wheel decides nothing here: that is a refusal of its own.
    """
    platform = base.platform
    if platform is None or (gpu.vendor == "apple" and platform == "macos_arm64"):
        return True
    return any(
        serves(gpu, release.version, name, platform, knowledge)
        for release in knowledge.releases
        if platform in release.platforms
        for name in release.platforms[platform].builds
    )


def serves(gpu: Gpu, version: str, name: str, platform: str, knowledge: Knowledge) -> bool:
    """Whether a build has kernels for a GPU; a GPU of unknown architecture passes."""
    if gpu.vendor == "nvidia":
        build = knowledge.build(version, name, platform) if name.startswith("cu") else None
        if build is None:
            return False
        if gpu.compute_capability is None:
            return True
        return build.arch_list is not None and covers(
            gpu.compute_capability, build.arch_list, (), name
        )
    if gpu.vendor == "amd":
        return name.startswith("rocm") and _serves_amd(gpu, name, knowledge)
    return gpu.vendor == "intel" and name == "xpu"


def _serves_amd(gpu: Gpu, name: str, knowledge: Knowledge) -> bool:
    """Directly, or under an override where one is known."""
    if gpu.gfx is None:
        return True
    row = knowledge.rocm_build(name)
    override = knowledge.rocm.overrides.get(gpu.gfx)
    wanted = {gpu.gfx, override.served_as if override else gpu.gfx}
    return row is not None and any(g in row.gfx and g not in row.unusable for g in wanted)


def is_tegra(gpu: Gpu) -> bool:
    return gpu.vendor == "nvidia" and gpu.compute_capability in TEGRA_CAPABILITIES


def is_data_centre(gpu: Gpu) -> bool:
    """Whether NVIDIA's forward-compatibility libraries may run on it."""
    name = f" {(gpu.name or '').lower()} "
    if any(word in name for word in ("geforce", "quadro", "titan", " rtx ")):
        return False
    if gpu.compute_capability in DATA_CENTRE_CAPABILITIES:
        return True
    return DATA_CENTRE_MODEL.search(name) is not None
