"""What the checks of torch.compile need around them. Imported by them, in the target."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import unittest
import unittest.mock
from typing import Any


def require_compilers(device: str) -> None:
    """Raises SkipTest where torch.compile has nothing to compile with for this device."""
    if device.startswith(("cuda", "xpu")) and importlib.util.find_spec("triton") is None:
        raise unittest.SkipTest("no Triton is installed, which compiles for this device")
    usual = {"win32": "cl", "darwin": "clang++"}.get(sys.platform, "g++")
    if device == "cpu" and shutil.which(os.environ.get("CXX") or usual) is None:
        raise unittest.SkipTest(f"no C++ compiler on PATH ({usual}, or the one that CXX names)")


def environment(**variables: str) -> Any:
    """Sets environment variables of this process for a while, as a context."""
    return unittest.mock.patch.dict(os.environ, variables)
