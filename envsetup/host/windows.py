"""What Windows keeps in its registry and tells of its memory."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from envsetup.host.questions import WindowsSettings

FILE_SYSTEM = r"SYSTEM\CurrentControlSet\Control\FileSystem"
DISPLAYS = r"SYSTEM\CurrentControlSet\Control\GraphicsDrivers"
VC_RUNTIME = r"SOFTWARE\Microsoft\VisualStudio\14.0\VC\Runtimes\{}"


class MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX (sysinfoapi.h)."""

    _fields_ = [
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        *((name, ctypes.c_uint64) for name in ("physical", "physical_free", "commit")),
        *((name, ctypes.c_uint64) for name in ("commit_free", "virtual", "virtual_free", "rest")),
    ]


def settings() -> WindowsSettings | None:
    """Long paths, the time-out of displays, the Visual C++ runtime and free commit; None where this isn't Windows."""
    if sys.platform == "win32":
        import platform
        import winreg

        runtime = "arm64" if platform.machine() == "ARM64" else "x64"
        return told_by(winreg, ctypes.WinDLL("kernel32"), runtime)
    return None


def told_by(registry: Any, kernel: Any, runtime: str) -> WindowsSettings:
    version = _value(registry, VC_RUNTIME.format(runtime), "Version")
    delay = _value(registry, DISPLAYS, "TdrDelay")
    return WindowsSettings(
        long_paths=_value(registry, FILE_SYSTEM, "LongPathsEnabled") == 1,
        tdr_delay_s=delay if isinstance(delay, int) else None,
        vc_runtime=version.lstrip("v").removesuffix(".00") if isinstance(version, str) else None,
        commit_available_bytes=_free_commit(kernel),
    )


def _value(registry: Any, path: str, name: str) -> object:
    """A 32-bit Python is shown other keys unless it asks for the system's own."""
    access = registry.KEY_READ | registry.KEY_WOW64_64KEY
    try:
        with registry.OpenKey(registry.HKEY_LOCAL_MACHINE, path, 0, access) as key:
            value: object = registry.QueryValueEx(key, name)[0]
            return value
    except FileNotFoundError:
        return None


def _free_commit(kernel: Any) -> int | None:
    status = MemoryStatus(length=ctypes.sizeof(MemoryStatus))
    return status.commit_free if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None
