"""The machine under examination, behind one small protocol.

`LocalHost` reads the real one (below a root folder, so that made-up `/proc` and `/sys` trees can be
read by the same code), `RecordingHost` writes down every answer, `RecordedHost` replays them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envsetup.host.background import in_background
    from envsetup.host.local import LocalHost, local_os
    from envsetup.host.programs import Completed, Program, end_all, run_program, spawn
    from envsetup.host.protocol import Host
    from envsetup.host.recorded import RecordedHost, RecordingHost
    from envsetup.host.temporary import roomy_folder

__all__ = [
    "Completed",
    "Host",
    "LocalHost",
    "Program",
    "RecordedHost",
    "RecordingHost",
    "end_all",
    "in_background",
    "local_os",
    "roomy_folder",
    "run_program",
    "spawn",
]

_LAZY = {
    "Completed": "programs",
    "Host": "protocol",
    "LocalHost": "local",
    "Program": "programs",
    "RecordedHost": "recorded",
    "RecordingHost": "recorded",
    "end_all": "programs",
    "in_background": "background",
    "local_os": "local",
    "roomy_folder": "temporary",
    "run_program": "programs",
    "spawn": "programs",
}
"""Name to its file: who needs one small file of this package doesn't pay for all."""


def __getattr__(name: str) -> object:
    if name in _LAZY:
        return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
