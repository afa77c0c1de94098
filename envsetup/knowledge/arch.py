"""Which compiled kernels run on which NVIDIA GPU.

Source: CUDA C++ Programming Guide, "Binary Compatibility" and "Feature availability"; the Tegra
exception is the table in torch/cuda/__init__.py (torch 2.11 to 2.15).
"""

from __future__ import annotations

from collections.abc import Iterable

TEGRA_CAPABILITIES = {"5.3", "6.2", "7.2", "8.7"}
"""Jetson chips whose compute capability no server GPU has; 11.0 (Thor) has kernels of its own."""
ORIN = "8.7"
ORIN_SERVED_FROM = (13, 2)
"""From this CUDA on, 8.7 (Orin) counts as served by 8.0 kernels in Arm server builds.

Inferred from the table in torch, not seen on hardware."""


def capability(text: str) -> tuple[int, int]:
    """`8.9`, `sm_89`, `compute_120`, `sm_90a` as (major, minor). Raises ValueError on anything else."""
    digits = text.removeprefix("sm_").removeprefix("compute_").rstrip("af")
    if "." in digits:
        major, minor = digits.split(".")
        return int(major), int(minor)
    return int(digits[:-1]), int(digits[-1])


def cuda_of(build: str | None) -> tuple[int, int] | None:
    """`cu126` as (12, 6); None for a build that is not CUDA."""
    if build is None or not build.startswith("cu") or not build[2:].isdigit():
        return None
    return int(build[2:-1]), int(build[-1])


def covers(
    gpu: str, arch_list: Iterable[str], ptx: Iterable[str] = (), build: str | None = None
) -> bool:
    """Whether a build's kernels, or PTX that the driver may compile, run on a GPU.

    A kernel for X.Y runs on X.Z with Z >= Y; `a` targets run on exactly their own, `f` targets in their
    family (the same major, not older); PTX runs on anything newer.
    """
    wanted = capability(gpu)
    if gpu in TEGRA_CAPABILITIES:
        return _covers_tegra(gpu, tuple(arch_list), build)
    return any(_runs(arch, wanted) for arch in arch_list) or any(
        capability(arch) <= wanted for arch in ptx
    )


def _runs(arch: str, gpu: tuple[int, int]) -> bool:
    major, minor = capability(arch)
    if arch.endswith("a"):
        return (major, minor) == gpu
    return major == gpu[0] and minor <= gpu[1]


def _covers_tegra(gpu: str, archs: tuple[str, ...], build: str | None) -> bool:
    exact = capability(gpu)
    if any(capability(arch) == exact for arch in archs):
        return True
    cuda = cuda_of(build)
    served = gpu == ORIN and cuda is not None and cuda >= ORIN_SERVED_FROM
    return served and any(capability(arch) == (8, 0) for arch in archs)
