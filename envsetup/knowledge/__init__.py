"""What is known about PyTorch's wheels, CUDA drivers and GPUs: data with sources, and how to ask it."""

from __future__ import annotations

from envsetup.knowledge.arch import capability, covers, cuda_of
from envsetup.knowledge.identify import arch_known, identify
from envsetup.knowledge.load import KnowledgeError, load
from envsetup.knowledge.questions import Knowledge
from envsetup.knowledge.records import (
    Branch,
    Build,
    Chip,
    DriverFloor,
    Platform,
    Release,
    is_heavy_rocm,
    version_key,
)

__all__ = [
    "Branch",
    "Build",
    "Chip",
    "DriverFloor",
    "Knowledge",
    "KnowledgeError",
    "Platform",
    "Release",
    "arch_known",
    "capability",
    "covers",
    "cuda_of",
    "identify",
    "is_heavy_rocm",
    "load",
    "version_key",
]
