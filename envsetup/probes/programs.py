"""Compilers and tools on PATH, the CUDA toolkit, and system libraries that builds need."""

from __future__ import annotations

import posixpath
import re

from envsetup.host import Host
from envsetup.model import Absent, Fact, Known, Source
from envsetup.probes.readers import Facts, file_source, line, number

PROGRAMS = (
    "gcc", "g++", "clang", "cc", "c++", "cl", "nvcc", "hipcc", "icpx", "ninja", "cmake", "ffmpeg", "ptxas",
    "git", "uv", "conda", "mamba", "pixi", "pip",
)  # fmt: skip

HEADERS = ("include", "targets/x86_64-linux/include", "targets/sbsa-linux/include")
GCC_LIMIT = re.compile(r"__GNUC__ > (\d+)")


def probe(host: Host) -> Facts:
    found = {name: path for name in PROGRAMS if (path := host.which(name))}
    return {
        "programs": Known(value=found, source=Source(kind="env", ref="PATH")),
        "cuda_toolkit": _toolkit(host, found.get("nvcc")),
        "gcc_version": _gcc(host, found),
        "gcc_newest_for_cuda": _newest_gcc(host, found.get("nvcc")),
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


def _gcc(host: Host, found: dict[str, str]) -> Fact[int]:
    if "nvcc" not in found or "gcc" not in found:
        return Absent(tried=(Source(kind="env", ref="PATH"),))
    source = Source(kind="program", ref="gcc -dumpversion")
    major = number(host.run((found["gcc"], "-dumpversion"), 5).stdout.strip().partition(".")[0])
    return Absent(tried=(source,)) if major is None else Known(value=major, source=source)


def _newest_gcc(host: Host, nvcc: str | None) -> Fact[int]:
    """The header that every compilation by nvcc includes compares __GNUC__ with a number."""
    if nvcc is None:
        return Absent(tried=(Source(kind="env", ref="PATH"),))
    real = host.realpath(nvcc)
    home = posixpath.dirname(posixpath.dirname(real.value if isinstance(real, Known) else nvcc))
    paths = [f"{home}/{folder}/crt/host_config.h" for folder in HEADERS]
    for path in paths:
        fact = host.read(path)
        told = GCC_LIMIT.search(fact.value) if isinstance(fact, Known) else None
        if told:
            return Known(value=int(told.group(1)), source=file_source(path))
    return Absent(tried=tuple(file_source(path) for path in paths))


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
        if isinstance(host.realpath(path), Known):
            return Known(value=path, source=file_source(path))
    return Absent(tried=tuple(file_source(p) for p in paths))


def _loaders(host: Host) -> tuple[str, ...]:
    env = host.env()
    if host.os_name == "windows":
        return (env.get("SystemRoot", "C:\\Windows") + "\\System32\\ze_loader.dll",)
    given = (f for f in env.get("LD_LIBRARY_PATH", "").split(":") if f)
    return tuple(f"{folder.rstrip('/')}/libze_loader.so.1" for folder in (*LIBRARY_FOLDERS, *given))
