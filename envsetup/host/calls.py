"""What can be asked of the running system by name."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from envsetup.host.programs import run_program
from envsetup.model import Absent, Fact, Known, Source, Unreadable


def _call_uname() -> object:
    import platform

    names = platform.uname()
    return {"system": names.system, "release": names.release, "machine": names.machine}


def _call_libc() -> object:
    return os.confstr("CS_GNU_LIBC_VERSION") if hasattr(os, "confstr") else None


def _call_system_version() -> object:
    import platform

    if sys.platform == "darwin":
        return platform.mac_ver()[0]
    return platform.version() if sys.platform == "win32" else None


def _call_cores() -> object:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    if Path("/proc/cpuinfo").exists():  # it tells the rest, and psutil costs 40 ms to import
        return {"logical": os.cpu_count(), "affinity": usable}
    import psutil

    return {
        "logical": psutil.cpu_count(),
        "physical": psutil.cpu_count(logical=False),
        "affinity": usable,
    }


def _call_memory() -> object:
    import psutil

    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    return {"total": memory.total, "available": memory.available, "swap_total": swap.total}


def _call_cpuinfo() -> object:
    import cpuinfo

    told = cpuinfo.get_cpu_info()
    return {"model": told.get("brand_raw"), "flags": told.get("flags", [])}


def _call_limits() -> object:
    if sys.platform == "win32":
        return {}
    import resource

    names = {"nofile": "RLIMIT_NOFILE", "nproc": "RLIMIT_NPROC", "memlock_bytes": "RLIMIT_MEMLOCK"}
    infinite = resource.RLIM_INFINITY
    found = {
        k: resource.getrlimit(getattr(resource, v))[0]
        for k, v in names.items()
        if hasattr(resource, v)
    }
    return {k: -1 if v == infinite else v for k, v in found.items()}


def _call_places() -> object:
    return {"home": str(Path.home()), "tmp": tempfile.gettempdir()}


CALLS = {
    "uname": _call_uname,
    "libc": _call_libc,
    "system-version": _call_system_version,
    "cores": _call_cores,
    "memory": _call_memory,
    "cpuinfo": _call_cpuinfo,
    "limits": _call_limits,
    "places": _call_places,
}
"""What can be asked of the running system by name; each answers with what JSON can hold."""

NVML_LIMIT_S = 6.0
"""Initialising eight GPUs without persistence takes longer; a hung driver must not cost more than this."""


def _call_nvml() -> object:
    argv = (sys.executable, "-X", "utf8", "-m", "envsetup.host.nvml")
    done = run_program(argv, NVML_LIMIT_S)
    if done.timed_out:
        return {"nvml": {"error": f"NVML did not answer within {NVML_LIMIT_S:g} s", "hung": True}}
    if done.returncode != 0:
        ended = (
            f"signal {-done.returncode}"
            if done.returncode is not None and done.returncode < 0
            else f"exit {done.returncode}"
        )
        return {"nvml": {"error": f"NVML ended its process ({ended}) {done.stderr[-200:]}".strip()}}
    return json.loads(done.stdout)


CALLS["nvml"] = _call_nvml


def _disk(path: str) -> object:
    usage = shutil.disk_usage(path)
    return {"total": usage.total, "free": usage.free, "writable": os.access(path, os.W_OK)}


def _openable(path: str) -> object:
    return os.access(path, os.R_OK | os.W_OK)


def _size(path: str) -> object:
    return Path(path).stat().st_size


def _arch_list(path: str) -> object:
    from envsetup.host.arch_list import arch_list

    return arch_list(path)


PATH_CALLS = {"disk": _disk, "openable": _openable, "size": _size, "arch-list": _arch_list}
"""Calls that take a path, asked as `disk:/tmp`."""


def answer(name: str) -> Fact[str]:
    """The JSON answer of a call, by its name; never raises for what the system does."""
    source = Source(kind="api", ref=name)
    head, _, path = name.partition(":")
    try:
        value = PATH_CALLS[head](path) if path else CALLS[head]()
    except FileNotFoundError:
        return Absent(tried=(source,))
    except Exception as error:
        return Unreadable(error=f"{type(error).__name__}: {error}", source=source)
    return (
        Absent(tried=(source,)) if value is None else Known(value=json.dumps(value), source=source)
    )
