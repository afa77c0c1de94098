"""A C++ extension for torch can be built here, loads into this process, and computes forward and backward.

What it proves: a C++ compiler, Python's headers and torch's own headers fit together; the extension links to the
libtorch that is loaded and shares its ABI (a mismatch is an undefined symbol when it loads); tensors pass both ways.

How: a file of two functions, x*x*x and its derivative, built by the compiler itself in a fresh folder (no ninja, no
setuptools), called from a custom autograd Function; values exact, gradients by `gradcheck` in float64.

Skipped, with the reason, where there is no compiler or no Python headers: torch works without. On Windows it needs the
developer prompt of Visual Studio, which sets what the compiler needs.

A failure holds the compiler's last words. `undefined symbol` when loading means that compiler and torch disagree on the
C++ ABI; an error in a header of torch's mostly a compiler older than torch asks for.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import unittest
from typing import Any

ID = "cpp-extension"
SUMMARY = "a C++ extension builds, loads, and computes forward and backward"
DEVICES = "cpu"
REQUIRES = ("import", "autograd")
LEVEL = "deep"
TIMEOUT_S = 400.0

NAME = "envsetup_probe_extension"
BUILD_LIMIT_S = 360.0
SOURCE = """
#include <torch/extension.h>
at::Tensor cube(const at::Tensor& x) { return x * x * x; }
at::Tensor slope(const at::Tensor& x, const at::Tensor& g) { return 3 * x * x * g; }
PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) { m.def("cube", &cube); m.def("slope", &slope); }
"""


def run(torch: Any, device: str) -> dict[str, Any]:
    if sys.platform == "win32":
        raise unittest.SkipTest("building extensions is not tried on Windows")
    compiler, headers = _compiler(), sysconfig.get_paths()["include"]
    if not os.path.exists(os.path.join(headers, "Python.h")):
        raise unittest.SkipTest(f"no Python headers in {headers} (python3-dev or python3-devel)")
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        library = _built(torch, compiler, headers, folder)
        seconds = time.perf_counter() - started
        extension = _loaded(library)
        error = _computes(torch, extension)
    return {
        "build": {"value": seconds, "unit": "s"},
        "error": {"value": error, "limit": 0.0, "unit": "absolute"},
        "compiler": compiler,
    }


def _compiler() -> str:
    named = os.environ.get("CXX", "").split() or ["c++", "g++", "clang++"]
    found = next((path for name in named if (path := shutil.which(name))), None)
    if found is None:
        raise unittest.SkipTest("no C++ compiler on PATH (g++, or the one that CXX names)")
    return found


def _built(torch: Any, compiler: str, headers: str, folder: str) -> str:
    source = os.path.join(folder, "extension.cpp")
    with open(source, "w", encoding="utf-8") as file:
        file.write(SOURCE)
    home = os.path.dirname(os.path.realpath(torch.__file__))
    library = os.path.join(folder, NAME + importlib.machinery.EXTENSION_SUFFIXES[0])
    include = os.path.join(home, "include")
    argv = [compiler, "-O0", "-shared", "-fPIC", source, "-o", library, "-w"]
    argv += [f"-DTORCH_EXTENSION_NAME={NAME}", f"-D_GLIBCXX_USE_CXX11_ABI={_abi(torch)}"]
    argv += [f"-I{include}", f"-I{os.path.join(include, 'torch', 'csrc', 'api', 'include')}"]
    argv += [f"-I{headers}", f"-L{os.path.join(home, 'lib')}"]
    argv += ["-ltorch", "-ltorch_cpu", "-lc10", "-ltorch_python"]
    if sys.platform == "darwin":
        argv += ["-undefined", "dynamic_lookup"]
    said = ""
    for standard in ("c++17", "c++20"):  # torch 2.0 and before take 17 too, the newest ask for 20
        done = subprocess.run(
            [*argv, f"-std={standard}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=BUILD_LIMIT_S,
        )
        said = done.stdout.decode("utf-8", "replace")
        if done.returncode == 0:
            return library
        if "20" not in said:
            break
    first = [line for line in said.splitlines() if "error" in line.lower()][:3]
    raise AssertionError(
        f"{compiler} can't build an extension: {'; '.join(first)[:1500] or said[-500:]}"
    )


def _abi(torch: Any) -> int:
    return int(getattr(torch._C, "_GLIBCXX_USE_CXX11_ABI", True))


def _loaded(library: str) -> Any:
    loader = importlib.machinery.ExtensionFileLoader(NAME, library)
    spec = importlib.util.spec_from_file_location(NAME, library, loader=loader)
    try:
        module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
        loader.exec_module(module)
    except ImportError as error:
        raise AssertionError(f"the built extension doesn't load: {error}") from error
    return module


def _computes(torch: Any, extension: Any) -> float:
    class Cube(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return extension.cube(x)

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> Any:
            return extension.slope(ctx.saved_tensors[0], gradient)

    x = torch.arange(-3, 4, dtype=torch.float64)
    error = float((Cube.apply(x) - torch.pow(x, 3)).abs().max())
    if error != 0.0:
        raise AssertionError(f"the extension's cubes of small integers are off by {error:.3g}")
    if not torch.autograd.gradcheck(Cube.apply, (x.clone().requires_grad_(True),)):
        raise AssertionError("the extension's gradient is wrong")
    return error
