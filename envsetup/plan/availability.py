"""What each channel and package offers: kinds of builds, companions, Pythons in words."""

from __future__ import annotations

NIGHTLY_BUILDS = {
    "linux_x86_64": ("cpu", "cu132", "cu134", "xpu"),
    "linux_aarch64": ("cpu", "cu132", "cu134"),
    "windows_amd64": ("cpu", "cu132", "xpu"),
    "macos_arm64": ("cpu",),
}
"""Builds on the nightly index. ROCm 10.1 is there too, its architectures are not known.

Source: published_versions.json of github.com/pytorch/pytorch.github.io, November 2026."""
CONDA = ("conda", "pixi")
"""Installers that take conda-forge's packages, which aren't wheels."""


def kind_of(build: str) -> str:
    """The vendor that a build serves, or cpu."""
    if build.startswith("cu"):
        return "nvidia"
    return "amd" if build.startswith("rocm") else {"xpu": "intel"}.get(build, "cpu")


def cuda_words(build: str) -> str:
    """`cu126` as CUDA's version."""
    return f"{build[2:-1]}.{build[-1]}"


def python_words(tag: str) -> str:
    digits = tag.removeprefix("cp").rstrip("t")
    free = " free-threaded" if tag.endswith("t") else ""
    return f"{digits[:1]}.{digits[1:]}{free}"


def span(tags: tuple[str, ...]) -> str:
    return ", ".join(python_words(t).replace(" free-threaded", "t") for t in tags)


AUDIO_PAIRED = "2.11.0"
"""The last torchaudio that was made for one torch; it names none, and works with newer ones by the
stable ABI (inferred)."""
AUDIO_NEWEST = "2.11.1"
"""One wheel a system, for any Python from 3.10, `torch>=2.11`; on Linux it links to CUDA 13.

Source: its file list and metadata on the default index, October 2026."""
VISION_EXCLUDES = "3.14.1"
"""torchvision 0.26 and newer exclude this Python by their metadata."""
