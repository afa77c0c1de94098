"""What can be asked of the running system by name."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from envsetup.host.displays import present_displays
from envsetup.host.programs import Completed, run_program
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

    names = {
        "nofile": "RLIMIT_NOFILE",
        "nproc": "RLIMIT_NPROC",
        "memlock_bytes": "RLIMIT_MEMLOCK",
        "address_space_bytes": "RLIMIT_AS",
    }
    infinite = resource.RLIM_INFINITY
    found = {
        k: resource.getrlimit(getattr(resource, v))[0]
        for k, v in names.items()
        if hasattr(resource, v)
    }
    return {k: -1 if v == infinite else v for k, v in found.items()}


def _call_numa_policy() -> object:
    """The name of the error that get_mempolicy(2) ends with, empty where it is allowed."""
    import ctypes
    import errno
    import platform

    number = {"x86_64": 239, "aarch64": 236}.get(platform.machine())
    if sys.platform != "linux" or number is None:
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, None, None, 0, None, 0) == 0:
        return ""
    return errno.errorcode.get(ctypes.get_errno(), "unknown")


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
    "numa-policy": _call_numa_policy,
    "places": _call_places,
}
"""What can be asked of the running system by name; each answers with what JSON can hold."""

NVML_LIMIT_S = 6.0
"""Initialising eight GPUs without persistence takes longer; a hung driver must not cost more than this."""


def _call_nvml() -> object:
    # By its path: with -m the current folder comes first, and its pynvml.py would run.
    argv = (sys.executable, "-X", "utf8", str(Path(__file__).with_name("nvml.py")))
    done = run_program(argv, NVML_LIMIT_S)
    told = _objects(done.stdout)
    return told if "nvml" in told else {"nvml": _silence(done), **told}


def _objects(text: str) -> dict[str, object]:
    """The JSON objects among the lines, as one; libraries may print lines of their own."""
    told: dict[str, object] = {}
    for row in text.splitlines():
        with contextlib.suppress(ValueError):
            one = json.loads(row)
            told |= one if isinstance(one, dict) else {}
    return told


def _silence(done: Completed) -> dict[str, object]:
    """Why the child told nothing of NVML."""
    if done.timed_out:
        return {"error": f"NVML did not answer within {NVML_LIMIT_S:g} s", "hung": True}
    code = done.returncode
    if code is None:
        return {"error": f"the look at NVML could not be started: {done.error}"}
    ended = f"signal {-code}" if code < 0 else f"exit {code}"
    return {"error": f"NVML ended its process ({ended}) {done.stderr[-200:]}".strip()}


KERNEL_LOG_WORDS = ("NVRM", "Xid", "nvidia", "amdgpu", "i915", "xe ")
"""The rest of the log holds serial numbers and addresses that are nobody's business."""


def _call_kernel_log() -> object:
    done = run_program(("dmesg", "--notime"), 3)
    if not done.ok:
        text = (done.stderr or done.error or "did not answer").strip().splitlines()
        return {"error": text[0][:200] if text else "refused"}
    rows = done.stdout.splitlines()
    return {"lines": [row for row in rows if any(word in row for word in KERNEL_LOG_WORDS)]}


def _call_interactive() -> object:
    return sys.stdin is not None and sys.stdin.isatty()


def _call_own_name() -> object:
    from envsetup.host.name_lookup import own_name_leads_to

    return own_name_leads_to()


def _call_master() -> object:
    from envsetup.host.name_lookup import master_leads_to

    return master_leads_to()


def _call_windows() -> object:
    from envsetup.host.windows import settings

    return settings()


CALLS["windows"] = _call_windows
CALLS["nvml"] = _call_nvml
CALLS["master-leads-to"] = _call_master
CALLS["interactive"] = _call_interactive
CALLS["own-name-leads-to"] = _call_own_name
CALLS["kernel-log"] = _call_kernel_log
CALLS["displays"] = present_displays


def _disk(path: str) -> object:
    usage = shutil.disk_usage(path)
    return {"total": usage.total, "free": usage.free, "writable": os.access(path, os.W_OK)}


def _openable(path: str) -> object:
    return os.access(path, os.R_OK | os.W_OK)


def _executable(path: str) -> object:
    return os.access(path, os.X_OK) if os.path.exists(path) else None


def _size(path: str) -> object:
    return Path(path).stat().st_size


def _arch_list(path: str) -> object:
    from envsetup.host.arch_list import arch_list

    return arch_list(path)


def _port_taken(port: str) -> object:
    from envsetup.host.name_lookup import port_taken

    return port_taken(port)


def _extension(paths: str) -> object:
    from elftools.common.exceptions import ELFError

    from envsetup.host.extension_symbols import extension

    path, _, torch_folder = paths.partition(":")
    try:
        return extension(path, torch_folder)
    except (ELFError, ValueError):  # cut short, or no library at all
        return None


PATH_CALLS = {
    "disk": _disk,
    "openable": _openable,
    "executable": _executable,
    "size": _size,
    "arch-list": _arch_list,
    "extension": _extension,
    "port-taken": _port_taken,
}
"""Calls that take a path or a number, asked as `disk:/tmp`."""


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
