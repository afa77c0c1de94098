"""Jetson boards: which JetPack runs, and where its PyTorch comes from."""

from __future__ import annotations

import re

from envsetup.knowledge import version_key
from envsetup.model import Machine, Record, value_of

GUIDE = "https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform/"
"""NVIDIA's own page for JetPack 4 to 6, with its wheels."""


class JetPack(Record):
    """One JetPack with what stands on every board that it was flashed to.

    Source: NVIDIA's Jetson Linux and JetPack release notes; indexes: the listing of the Jetson AI Lab.
    """

    name: str
    l4t: tuple[int, ...]
    kernel: str
    cuda: tuple[str, ...]
    python: str
    only_gpu: str | None = None
    """The compute capability of all its boards, where they share one."""
    index: str | None = None
    """The index with PyTorch for it and all that this needs; `{build}` stands for its CUDA."""


JETPACKS = (
    JetPack(name="4", l4t=(32,), kernel="4.9", cuda=("10.2",), python="3.6"),
    JetPack(name="5", l4t=(34, 35), kernel="5.10", cuda=("11.4",), python="3.8"),
    JetPack(
        name="6",
        l4t=(36,),
        kernel="5.15",
        cuda=("12.2", "12.4", "12.6", "12.8", "12.9"),
        python="3.10",
        only_gpu="8.7",
        index="https://pypi.jetson-ai-lab.io/jp6/{build}/+simple/",
    ),
    JetPack(name="7", l4t=(38, 39), kernel="6.8", cuda=("13.0", "13.2"), python="3.12"),
)
"""The bare path of the index has no dependencies (innate-inc/innate-os#579 measured 404 for eight of
them); `+simple` has them."""
INDEX_BUILDS = {"12.8": "cu128", "12.9": "cu129"}
"""Beside cu126, which every JetPack 6 runs."""


def jetpack_of(machine: Machine) -> JetPack | None:
    """By L4T's release, the kernel's, or the CUDA version of the driver; None where none is told.

    The CUDA version tells it only of a machine that is known to be a Jetson.
    """
    release = re.match(r"R(\d+)", value_of(machine.tegra) or "")
    kernel = value_of(machine.kernel) or ""
    for one in JETPACKS:
        if release is not None and int(release[1]) in one.l4t:
            return one
        if "tegra" in kernel and kernel.startswith(f"{one.kernel}."):
            return one
    return None


def by_cuda(cuda: str | None) -> JetPack | None:
    """The JetPack whose libcuda reports this CUDA version."""
    return next((one for one in JETPACKS if cuda in one.cuda), None)


def by_driver(driver: str | None) -> JetPack | None:
    """JetPack 6 has driver 540 on every board; from 580 on drivers are those of JetPack 7."""
    if driver is None:
        return None
    major = version_key(driver)[0]
    name = "6" if major == 540 else "7" if major >= 580 else None
    return next((one for one in JETPACKS if one.name == name), None)


def index_of_jetpack(one: JetPack, cuda: str | None) -> str | None:
    """The address of its index, in the build that its CUDA serves."""
    return one.index.format(build=INDEX_BUILDS.get(cuda or "", "cu126")) if one.index else None
