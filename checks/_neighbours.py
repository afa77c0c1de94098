"""Who else uses this NVIDIA GPU, as its driver's library tells (NVML, by ctypes: torch alone is here).

Structures and numbers: nvml.h of CUDA 12 and 13. Every look may fail on its own; what isn't told is None.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

SUCCESS = 0
_ROOM = 256
"""Processes that are asked for at once."""
_MEMORY_CLOCK = 2
"""NVML_CLOCK_MEM"""


class _Process(ctypes.Structure):
    """nvmlProcessInfo_v2_t, which version 3 of the call fills too."""

    _fields_ = (
        ("pid", ctypes.c_uint),
        ("used_bytes", ctypes.c_ulonglong),
        ("gpu_instance", ctypes.c_uint),
        ("compute_instance", ctypes.c_uint),
    )


class _Utilization(ctypes.Structure):
    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


def shared_by(torch: Any, device: str) -> str | None:
    """Why others may compute on this GPU now, in words; None where nothing says so."""
    server = mps_server()
    if server is not None:
        return server
    found = other_processes(torch, device)
    if found:
        return "%d other process%s on the GPU" % (found, "es compute" if found > 1 else " computes")
    return None


def mps_server() -> str | None:
    """Why work may go through a server (MPS) that all clients of the GPU share; None without a sign."""
    folder = os.environ.get("CUDA_MPS_PIPE_DIRECTORY")
    if folder is not None:
        return "CUDA_MPS_PIPE_DIRECTORY is set: an MPS server may share the GPU"
    if os.path.exists("/tmp/nvidia-mps/control"):
        return "/tmp/nvidia-mps/control is there: an MPS server may share the GPU"
    return "an MPS server runs on this machine" if _runs("nvidia-cuda-mps") else None


def _runs(name: str) -> bool:
    """Whether a process whose name begins so is in /proc."""
    try:
        pids = [n for n in os.listdir("/proc") if n.isdigit()]
    except OSError:
        return False
    for pid in pids:
        try:
            with open("/proc/%s/comm" % pid, errors="replace") as file:
                # comm holds 15 characters
                if file.read().strip().startswith(name[:15]):
                    return True
        except OSError:
            continue
    return False


def other_processes(torch: Any, device: str) -> int | None:
    """How many other processes compute on the GPU; None where the driver doesn't tell.

    In a container NVML may tell process numbers of the host, so that our own can't be found among them:
    then one of them counts as ours.
    """
    nvml = _open()
    handle = _handle(nvml, torch, device) if nvml is not None else None
    if nvml is None or handle is None:
        return None
    ask = getattr(nvml, "nvmlDeviceGetComputeRunningProcesses_v3", None)
    if ask is None:
        return None
    count, rows = ctypes.c_uint(_ROOM), (_Process * _ROOM)()
    if ask(handle, ctypes.byref(count), rows) != SUCCESS:
        return None
    pids = [rows[i].pid for i in range(min(count.value, _ROOM))]
    own = _family()
    others = [pid for pid in pids if pid not in own]
    unseen = len(others) == len(pids) and len(pids) > 0 and not any(map(_is_here, pids))
    return len(others) - 1 if unseen and _has_context(torch) else len(others)


def _has_context(torch: Any) -> bool:
    return bool(getattr(torch.cuda, "is_initialized", lambda: False)())


def _is_here(pid: int) -> bool:
    return os.path.exists("/proc/%d" % pid)


def _family() -> set[int]:
    """Process numbers of this process and of those that our worker started, which are its group."""
    own = {os.getpid(), os.getppid()}
    try:
        group = os.getpgid(0)
        for name in os.listdir("/proc"):
            if name.isdigit() and os.getpgid(int(name)) == group:
                own.add(int(name))
    except OSError:
        pass
    return own


def load(torch: Any, device: str) -> dict[str, Any]:
    """Utilisation (percent), power limit against the default (watts), memory clock now and at most (MHz)."""
    nvml = _open()
    handle = _handle(nvml, torch, device) if nvml is not None else None
    if nvml is None or handle is None:
        return {}
    found: dict[str, Any] = {}
    used = _Utilization()
    if _ask(nvml, "nvmlDeviceGetUtilizationRates", handle, ctypes.byref(used)):
        found["utilization_percent"] = int(used.gpu)
    for name, call in (
        ("power_limit_watts", "nvmlDeviceGetEnforcedPowerLimit"),
        ("power_limit_default_watts", "nvmlDeviceGetPowerManagementDefaultLimit"),
    ):
        value = ctypes.c_uint()
        if _ask(nvml, call, handle, ctypes.byref(value)):
            found[name] = value.value / 1000.0
    for name, call in (
        ("memory_clock_mhz", "nvmlDeviceGetClockInfo"),
        ("memory_clock_max_mhz", "nvmlDeviceGetMaxClockInfo"),
    ):
        value = ctypes.c_uint()
        if _ask(nvml, call, handle, ctypes.c_int(_MEMORY_CLOCK), ctypes.byref(value)):
            found[name] = int(value.value)
    return found


def _ask(nvml: Any, name: str, *arguments: Any) -> bool:
    call = getattr(nvml, name, None)
    return call is not None and call(*arguments) == SUCCESS


def _open() -> Any:
    """NVML, ready to be asked; None where there is none. Opened once more costs nothing."""
    name = "nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1"
    try:
        nvml = ctypes.CDLL(name)
    except OSError:
        return None
    return nvml if _ask(nvml, "nvmlInit_v2") else None


def _handle(nvml: Any, torch: Any, device: str) -> Any:
    """NVML's handle of the device that torch means, by its UUID or place on the bus."""
    about = torch.cuda.get_device_properties(device)
    uuid = getattr(about, "uuid", None)
    handle = ctypes.c_void_p()
    if uuid is not None:
        name = ("GPU-%s" % uuid).encode()
        if _ask(nvml, "nvmlDeviceGetHandleByUUID", ctypes.c_char_p(name), ctypes.byref(handle)):
            return handle
    if not hasattr(about, "pci_bus_id"):
        return None
    place = "%08x:%02x:%02x.0" % (
        getattr(about, "pci_domain_id", 0),
        about.pci_bus_id,
        about.pci_device_id,
    )
    call = "nvmlDeviceGetHandleByPciBusId_v2"
    found = _ask(nvml, call, ctypes.c_char_p(place.encode()), ctypes.byref(handle))
    return handle if found else None
