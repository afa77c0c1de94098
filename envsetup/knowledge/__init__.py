"""What is known about PyTorch's wheels, CUDA drivers and GPUs: data with sources, and how to ask it."""

from __future__ import annotations

from envsetup.knowledge.arch import capability, covers, cuda_of
from envsetup.knowledge.load import KnowledgeError, load
from envsetup.knowledge.records import (
    Branch,
    Build,
    Chip,
    DriverFloor,
    Knowledge,
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
    "capability",
    "covers",
    "cuda_of",
    "is_heavy_rocm",
    "load",
    "version_key",
]
