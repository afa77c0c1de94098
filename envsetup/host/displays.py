"""Display devices that Windows sees: it has no /sys to read."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

DISPLAY_CLASS = "{4d36e968-e325-11ce-bfc1-08002be10318}"
"""Setup class of display adapters (devguid.h)."""
PRESENT_OF_CLASS = 0x100 | 0x200
"""CM_GETIDLIST_FILTER_PRESENT and CM_GETIDLIST_FILTER_CLASS (cfgmgr32.h): the registry alone also
remembers adapters that were taken out long ago."""


def present_displays() -> list[str] | None:
    """Device instance ids such as PCI\\VEN_10DE&DEV_2684&...; None where this isn't Windows.

    Raises OSError with the configuration manager's code.
    """
    if sys.platform == "win32":
        return _listed(ctypes.WinDLL("cfgmgr32"))
    return None


def _listed(manager: Any) -> list[str]:
    size = ctypes.c_ulong()
    wanted = (DISPLAY_CLASS, PRESENT_OF_CLASS)
    _checked(manager.CM_Get_Device_ID_List_SizeW(ctypes.byref(size), *wanted))
    ids = ctypes.create_unicode_buffer(max(size.value, 1))
    _checked(manager.CM_Get_Device_ID_ListW(wanted[0], ids, size, wanted[1]))
    return [one for one in "".join(ids[: size.value]).split("\0") if one]


def _checked(code: int) -> None:
    if code != 0:  # CR_SUCCESS
        raise OSError(f"the configuration manager answered {code:#x}")
