"""Sets up a PyTorch environment and proves that it works.

The functions here are the stable Python API; each imports what it needs when it is first used, so
that `import envsetup` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from envsetup.version import __version__

_LAZY = {
    "probe": "envsetup.api",
    "make_plan": "envsetup.api",
    "diagnose": "envsetup.api",
    "run_checks": "envsetup.api",
    "Report": "envsetup.api",
}

__all__ = ["Report", "__version__", "diagnose", "make_plan", "probe", "run_checks"]

if TYPE_CHECKING:
    from envsetup.api import Report, diagnose, make_plan, probe, run_checks


def __getattr__(name: str) -> object:
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
