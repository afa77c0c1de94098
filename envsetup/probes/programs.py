"""Compilers and tools on PATH, the CUDA toolkit, and system libraries that builds need."""

from __future__ import annotations

import re

from envsetup.host import Host
from envsetup.model import Absent, Fact, Known, Source
from envsetup.probes.asking import file_source, line

PROGRAMS = (
    "gcc", "g++", "clang", "cc", "c++", "cl", "nvcc", "hipcc", "icpx", "ninja", "cmake", "ffmpeg", "ptxas",
    "git", "uv", "conda", "mamba", "pixi",
)  # fmt: skip


def probe(host: Host) -> dict[str, Fact]:  # type: ignore[type-arg]
    found = {name: path for name in PROGRAMS if (path := host.which(name))}
    return {
        "programs": Known(value=found, source=Source(kind="env", ref="PATH")),
        "cuda_toolkit": _toolkit(host, found.get("nvcc")),
        "rocm": _rocm(host),
        "level_zero": _level_zero(host),
    }


def _toolkit(host: Host, nvcc: str | None) -> Fact[str]:
    if nvcc is None:
        return Absent(tried=(Source(kind="env", ref="PATH"),))
    done = host.run((nvcc, "--version"), 5)
    found = re.search(r"release (\d+\.\d+)", done.stdout)
    source = Source(kind="program", ref=f"{nvcc} --version")
    return Known(value=found.group(1), source=source) if found else Absent(tried=(source,))


def _rocm(host: Host) -> Fact[str]:
    path = "/opt/rocm/.info/version"
    text = line(host, path)
    return (
        Known(value=text, source=file_source(path)) if text else Absent(tried=(file_source(path),))
    )


LEVEL_ZERO = ("/usr/lib/x86_64-linux-gnu/libze_loader.so.1", "/usr/lib64/libze_loader.so.1")


def _level_zero(host: Host) -> Fact[str]:
    for path in LEVEL_ZERO:
        if isinstance(host.real(path), Known):
            return Known(value=path, source=file_source(path))
    return Absent(tried=tuple(file_source(p) for p in LEVEL_ZERO))
