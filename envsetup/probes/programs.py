"""Compilers and tools on PATH, the CUDA toolkit, and system libraries that builds need."""

from __future__ import annotations

import re

from envsetup.host import Host
from envsetup.model import Absent, Fact, Known, Source
from envsetup.probes.asking import file_source, line

PROGRAMS = (
    "gcc", "g++", "clang", "cc", "c++", "cl", "nvcc", "hipcc", "icpx", "ninja", "cmake", "ffmpeg", "ptxas",
    "git", "uv", "conda", "mamba", "pixi", "pip",
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


LIBRARY_FOLDERS = (
    "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib", "/usr/local/lib64",
)  # fmt: skip


def _level_zero(host: Host) -> Fact[str]:
    """Intel's loader, in the folders that distributions and Windows' drivers put it."""
    paths = _loaders(host)
    for path in paths:
        if isinstance(host.real(path), Known):
            return Known(value=path, source=file_source(path))
    return Absent(tried=tuple(file_source(p) for p in paths))


def _loaders(host: Host) -> tuple[str, ...]:
    env = host.env()
    if host.os_name == "windows":
        return (env.get("SystemRoot", "C:\\Windows") + "\\System32\\ze_loader.dll",)
    given = (f for f in env.get("LD_LIBRARY_PATH", "").split(":") if f)
    return tuple(f"{folder.rstrip('/')}/libze_loader.so.1" for folder in (*LIBRARY_FOLDERS, *given))
