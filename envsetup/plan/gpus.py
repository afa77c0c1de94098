"""GPUs: what is known of their architecture, and which builds have kernels for them."""

from __future__ import annotations

import re

from envsetup.knowledge import Knowledge, arch_known, covers
from envsetup.knowledge.arch import TEGRA_CAPABILITIES
from envsetup.model import Gpu
from envsetup.plan.availability import kind_of
from envsetup.plan.situation import Situation

DATA_CENTRE_CAPABILITIES = {"6.0", "7.0", "8.0", "9.0", "10.0", "10.3"}
DATA_CENTRE_MODEL = re.compile(r"\b(?:tesla|t4g?|a2|a10[gm]?|a16|a40|l2|l20|l4|l40[gs]?)\b")
"""GPUs for which NVIDIA's forward-compatibility package exists (CUDA Compatibility guide).

By capability where it is theirs alone, else by model, as drivers ("NVIDIA L4") and the PCI id
database ("AD104GL [L4]") name it."""


def label(gpu: Gpu) -> str:
    """A GPU as a reader knows it: name with architecture."""
    arch = gpu.compute_capability or gpu.gfx
    name = gpu.name or f"{gpu.vendor} GPU {gpu.index}"
    return f"{name} ({arch})" if arch else name


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


def may_serve(gpu: Gpu, base: Situation, knowledge: Knowledge) -> bool:
    """Whether builds for GPUs of this vendor exist for the system at all."""
    rows = (r.platforms.get(base.platform or "") for r in knowledge.releases)
    return any(kind_of(name) == gpu.vendor for row in rows if row for name in row.builds)


def gpu_unknown_words(gpus: tuple[Gpu, ...]) -> str:
    """What isn't known of GPUs, in a sentence without its end."""
    what = {"nvidia": "compute capability", "amd": "gfx name"}.get(gpus[0].vendor, "device id")
    names = " and ".join(dict.fromkeys(label(g) for g in gpus))
    return f"the {what} of {names} isn't known, so no build is known to serve it"


def serves(gpu: Gpu, version: str, name: str, platform: str, knowledge: Knowledge) -> bool:
    """Whether a build is known to have kernels for a GPU: never for one of unknown architecture."""
    if not arch_known(gpu):
        return False
    if gpu.vendor == "nvidia":
        build = knowledge.build(version, name, platform) if name.startswith("cu") else None
        archs = build.arch_list if build else None
        return archs is not None and covers(gpu.compute_capability or "", archs, (), name)
    if gpu.vendor == "amd":
        return name.startswith("rocm") and _serves_amd(gpu, name, knowledge)
    return gpu.vendor == "intel" and name == "xpu"


def _serves_amd(gpu: Gpu, name: str, knowledge: Knowledge) -> bool:
    """Directly, or under an override where one is known."""
    row = knowledge.rocm_build(name)
    override = knowledge.rocm.overrides.get(gpu.gfx or "")
    wanted = {gpu.gfx, override.served_as if override else gpu.gfx}
    return row is not None and any(g in row.gfx and g not in row.unusable for g in wanted)


def is_tegra(gpu: Gpu) -> bool:
    return gpu.vendor == "nvidia" and gpu.compute_capability in TEGRA_CAPABILITIES


GRACE = re.compile(r"\b(?:GH200|GB200|GB300|GB10|Grace|Thor|DGX Spark)\b")


def on_arm_alone(gpu: Gpu) -> bool:
    """Whether the GPU is part of a chip or module with an Arm processor."""
    named = gpu.vendor == "nvidia" and GRACE.search(gpu.name or "") is not None
    return named or is_tegra(gpu) or gpu.compute_capability in ("11.0", "12.1")


def is_data_centre(gpu: Gpu) -> bool:
    """Whether NVIDIA's forward-compatibility libraries may run on it."""
    name = f" {(gpu.name or '').lower()} "
    if any(word in name for word in ("geforce", "quadro", "titan", " rtx ")):
        return False
    if gpu.compute_capability in DATA_CENTRE_CAPABILITIES:
        return True
    return DATA_CENTRE_MODEL.search(name) is not None
