"""Answers the questions about the running system: one table, all of it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from envsetup.host import questions as ask
from envsetup.host.displays import present_displays
from envsetup.host.programs import Completed, run_program
from envsetup.model import Absent, Fact, Known, Source, Unreadable

T = TypeVar("T")


def uname() -> ask.Uname:
    import platform

    names = platform.uname()
    return ask.Uname(system=names.system, release=names.release, machine=names.machine)


def libc() -> str | None:
    return os.confstr("CS_GNU_LIBC_VERSION") if hasattr(os, "confstr") else None


def system_version() -> str | None:
    import platform

    if sys.platform == "darwin":
        return platform.mac_ver()[0]
    return platform.version() if sys.platform == "win32" else None


def cores() -> ask.Cores:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    if Path("/proc/cpuinfo").exists():  # it tells the rest, and psutil costs 40 ms to import
        return ask.Cores(logical=os.cpu_count(), affinity=usable)
    import psutil

    return ask.Cores(
        logical=psutil.cpu_count(), physical=psutil.cpu_count(logical=False), affinity=usable
    )


def memory() -> ask.MemorySizes:
    import psutil

    main, swap = psutil.virtual_memory(), psutil.swap_memory()
    return ask.MemorySizes(total=main.total, available=main.available, swap_total=swap.total)


def cpu_info() -> ask.CpuInfo:
    import cpuinfo

    told = cpuinfo.get_cpu_info()
    return ask.CpuInfo(model=told.get("brand_raw"), flags=tuple(told.get("flags", ())))


def limits() -> dict[str, int]:
    """Soft limits; -1 is unlimited."""
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


def numa_policy() -> str | None:
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


def places() -> ask.Places:
    return ask.Places(home=str(Path.home()), tmp=tempfile.gettempdir())


NVML_LIMIT_S = 6.0
"""What a hung driver may cost on a machine with one GPU."""
NVML_LIMIT_OF_SEVERAL_S = 30.0
"""Without persistence the driver initialises each GPU anew: over 25 s for eight A100 (AgentBaker#2829)."""
PCI = Path("/sys/bus/pci/devices")


def nvml_limit_s() -> float:
    """How long NVML may take here: by the number of NVIDIA GPUs on the bus."""
    return NVML_LIMIT_OF_SEVERAL_S if _nvidia_gpus() > 1 else NVML_LIMIT_S


def _nvidia_gpus() -> int:
    """NVIDIA's display and 3D controllers (class 03) on the PCI bus; 0 where Linux doesn't list it."""
    count = 0
    with contextlib.suppress(OSError):
        for device in PCI.iterdir():
            with contextlib.suppress(OSError):
                nvidia = (device / "vendor").read_text().strip() == "0x10de"
                count += nvidia and (device / "class").read_text().startswith("0x03")
    return count


def nvml() -> ask.NvmlAnswer:
    """Raises msgspec's ValidationError, which names the place, where the child answers in another shape."""
    # By its path: with -m the current folder comes first, and its pynvml.py would run.
    argv = (sys.executable, "-X", "utf8", str(Path(__file__).with_name("nvml.py")))
    limit = nvml_limit_s()
    done = run_program(argv, limit)
    told = _objects(done.stdout)
    answered = msgspec.convert(told, ask.NvmlAnswer)
    return (
        answered
        if "nvml" in told
        else msgspec.structs.replace(answered, nvml=_silence(done, limit))
    )


def _objects(text: str) -> dict[str, object]:
    """The JSON objects among the lines, as one; libraries may print lines of their own."""
    told: dict[str, object] = {}
    for row in text.splitlines():
        with contextlib.suppress(ValueError):
            one = json.loads(row)
            told |= one if isinstance(one, dict) else {}
    return told


def _silence(done: Completed, limit_s: float) -> ask.Nvml:
    """Why the child told nothing of NVML."""
    if done.timed_out:
        return ask.Nvml(error=f"NVML did not answer within {limit_s:g} s", hung=True)
    code = done.returncode
    if code is None:
        return ask.Nvml(error=f"the look at NVML could not be started: {done.error}")
    ended = f"signal {-code}" if code < 0 else f"exit {code}"
    return ask.Nvml(error=f"NVML ended its process ({ended}) {done.stderr[-200:]}".strip())


KERNEL_LOG_WORDS = ("NVRM", "Xid", "nvidia", "amdgpu", "i915", "xe ")
"""The rest of the log holds serial numbers and addresses, which are personal."""


def kernel_log() -> ask.KernelLog:
    done = run_program(("dmesg", "--notime"), 3)
    if not done.ok:
        text = (done.stderr or done.error or "did not answer").strip().splitlines()
        return ask.KernelLog(error=text[0][:200] if text else "refused")
    rows = done.stdout.splitlines()
    return ask.KernelLog(
        lines=tuple(row for row in rows if any(word in row for word in KERNEL_LOG_WORDS))
    )


def interactive() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def own_name_leads_to() -> ask.Whereabouts | None:
    from envsetup.host import name_lookup

    return name_lookup.own_name_leads_to()


def master_leads_to() -> ask.Whereabouts | None:
    from envsetup.host import name_lookup

    return name_lookup.master_leads_to()


def windows() -> ask.WindowsSettings | None:
    from envsetup.host.windows import settings

    return settings()


def displays() -> tuple[str, ...] | None:
    found = present_displays()
    return None if found is None else tuple(found)


def disk(path: str) -> ask.DiskSpace:
    usage = shutil.disk_usage(path)
    return ask.DiskSpace(total=usage.total, free=usage.free, writable=os.access(path, os.W_OK))


def openable(path: str) -> bool:
    return os.access(path, os.R_OK | os.W_OK)


def executable(path: str) -> bool | None:
    return os.access(path, os.X_OK) if os.path.exists(path) else None


def size(path: str) -> int:
    return Path(path).stat().st_size


def arch_list(path: str) -> tuple[str, ...] | None:
    from envsetup.host import arch_list as reader

    return reader.arch_list(path)


def port_taken(port: str) -> bool | None:
    from envsetup.host import name_lookup

    return name_lookup.port_taken(port)


def extension(paths: str) -> ask.ExtensionSymbols | None:
    from elftools.common.exceptions import ELFError

    from envsetup.host import extension_symbols

    path, _, torch_folder = paths.partition(":")
    try:
        return extension_symbols.extension(path, torch_folder)
    except (ELFError, ValueError):  # cut short, or no library at all
        return None


Answering = Callable[[str], object]


def _plain(question: ask.Question[T], look: Callable[[], T | None]) -> tuple[str, Answering]:
    return question.name, lambda _: look()


def _about(question: ask.Question[T], look: Callable[[str], T | None]) -> tuple[str, Answering]:
    return question.name, look


ANSWERS = dict(
    (
        _plain(ask.UNAME, uname),
        _plain(ask.LIBC, libc),
        _plain(ask.SYSTEM_VERSION, system_version),
        _plain(ask.CORES, cores),
        _plain(ask.MEMORY, memory),
        _plain(ask.CPU_INFO, cpu_info),
        _plain(ask.LIMITS, limits),
        _plain(ask.NUMA_POLICY, numa_policy),
        _plain(ask.PLACES, places),
        _plain(ask.NVML, nvml),
        _plain(ask.KERNEL_LOG, kernel_log),
        _plain(ask.INTERACTIVE, interactive),
        _plain(ask.OWN_NAME_LEADS_TO, own_name_leads_to),
        _plain(ask.MASTER_LEADS_TO, master_leads_to),
        _plain(ask.WINDOWS, windows),
        _plain(ask.DISPLAYS, displays),
        _about(ask.DISK, disk),
        _about(ask.OPENABLE, openable),
        _about(ask.EXECUTABLE, executable),
        _about(ask.SIZE, size),
        _about(ask.ARCH_LIST, arch_list),
        _about(ask.EXTENSION, extension),
        _about(ask.PORT_TAKEN, port_taken),
    )
)
"""Question to what answers it, of the question's own type; None is an absence."""


def answer(name: str) -> Fact[str]:
    """The answer to a question, by its name, in JSON; never raises for what the system does."""
    source = Source(kind="api", ref=name)
    head, _, about = name.partition(":")
    try:
        value = ANSWERS[head](about)
    except FileNotFoundError:
        return Absent(tried=(source,))
    except Exception as error:
        return Unreadable(error=f"{type(error).__name__}: {error}", source=source)
    if value is None:
        return Absent(tried=(source,))
    return Known(value=msgspec.json.encode(value).decode(), source=source)
