"""What an imported torch tells of itself. Touches devices: called only in a process that may die."""

from __future__ import annotations

import os
from typing import Any, Callable, Iterable

TAIL = 4000


def runtime_facts(torch: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {"version": str(torch.__version__)}
    looks: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("cuda", lambda: torch.version.cuda),
        ("hip", lambda: getattr(torch.version, "hip", None)),
        ("cuda_available", lambda: bool(torch.cuda.is_available())),
        ("cuda_error", lambda: _cuda_error(torch)),
        ("mps_built", lambda: bool(torch.backends.mps.is_built())),
        ("mps_available", lambda: bool(torch.backends.mps.is_available())),
        ("xpu_available", lambda: bool(torch.xpu.is_available())),
        ("devices", lambda: devices(torch)),
        ("arch_list", lambda: _arch_list(torch)),
        ("libraries", lambda: _libraries(torch)),
        ("loaded", loaded_libraries),
    )
    for name, look in looks:
        try:
            facts[name] = look()
        except Exception as error:  # an old torch lacks the name, a broken one raises anything
            facts.setdefault("unreadable", {})[name] = "%s: %s" % (type(error).__name__, error)
    return facts


def _cuda_error(torch: Any) -> str | None:
    """Why CUDA, though built in, is not available: the words of torch's own initialisation."""
    if not torch.version.cuda and not getattr(torch.version, "hip", None):
        return None
    if torch.cuda.is_available():
        return None
    try:
        torch.cuda.init()
    except Exception as error:
        return str(error)[:TAIL]
    return None


def devices(torch: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"kind": "cpu", "index": 0}]
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            about = torch.cuda.get_device_properties(index)
            gpu = {"kind": "cuda", "index": index, "name": about.name}
            gpu["memory_total_bytes"] = int(about.total_memory)
            if getattr(torch.version, "hip", None):
                gpu["gfx"] = str(getattr(about, "gcnArchName", "")).split(":")[0] or None
            else:
                gpu["compute_capability"] = "%d.%d" % (about.major, about.minor)
            found.append(gpu)
    xpu = getattr(torch, "xpu", None)
    if xpu is not None and xpu.is_available():
        for index in range(xpu.device_count()):
            about = xpu.get_device_properties(index)
            size = int(getattr(about, "total_memory", 0)) or None
            name = getattr(about, "name", None)
            found.append({"kind": "xpu", "index": index, "name": name, "memory_total_bytes": size})
    mps = getattr(torch.backends, "mps", None)
    if mps is not None and mps.is_available():
        found.append({"kind": "mps", "index": 0})
    return found


def _arch_list(torch: Any) -> list[str] | None:
    flags = getattr(torch._C, "_cuda_getArchFlags", None)
    text = flags() if flags is not None else None
    return str(text).split() if text else None


def _libraries(torch: Any) -> dict[str, str]:
    import re

    found = {}
    text = torch.__config__.show()
    for name, pattern in (
        ("mkl", r"Math Kernel Library Version (\S+)"),
        ("onednn", r"MKL-DNN v?(\S+)|oneDNN v?(\S+)"),
        ("openmp", r"OpenMP (\d+)"),
        ("cpu_capability", r"CPU capability usage: (\S+)"),
    ):
        match = re.search(pattern, text)
        if match:
            found[name] = next(g for g in match.groups() if g)
    if torch.version.cuda or getattr(torch.version, "hip", None):
        version = torch.backends.cudnn.version() if torch.cuda.is_available() else None
        if version:
            found["cudnn"] = str(version)
        nccl = getattr(torch._C, "_nccl_version", None)
        if nccl is not None:
            number = nccl()
            found["nccl"] = "%d.%d.%d" % (number >> 32, (number >> 16) & 65535, number & 65535)
    return found


FAMILIES = (
    "libcuda.",
    "libcudart",
    "libcublas",
    "libcudnn",
    "libnccl",
    "libnvrtc",
    "libgomp",
    "libcufft",
    "libcurand",
    "libcusolver",
    "libcusparse",
    "libnvJitLink",
    "libiomp",
    "libomp",
    "libmkl",
    "libopenblas",
    "libstdc++",
    "libamdhip64",
    "libze_loader",
)


def loaded_libraries() -> list[dict[str, str]]:
    """Libraries in this process that matter, from /proc/self/maps; empty where there is none."""
    try:
        with open("/proc/self/maps", errors="replace") as file:
            paths = {line.split(None, 5)[5].strip() for line in file if "/" in line}
    except (OSError, IndexError):
        return []
    named = sorted((os.path.basename(p), p) for p in paths)
    return [{"name": n, "path": p} for n, p in named if n.startswith(FAMILIES)]


def names_of(found: Iterable[dict[str, Any]]) -> list[str]:
    return [d["kind"] if d["kind"] in ("cpu", "mps") else "%(kind)s:%(index)d" % d for d in found]
