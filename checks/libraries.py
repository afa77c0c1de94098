"""cuDNN, cuBLAS and NCCL are the ones that this build was made with, and it is known where they were loaded from.

What it proves: the libraries that answer at run time fit the versions that torch was compiled against.

How: cuDNN's run-time version against the compile-time one (same major, not older in minor); a cuBLAS product and a
cuDNN convolution of whole numbers, exact, so that both are really loaded; the versions that torch's metadata
requires beside the installed ones and, on Linux, the files mapped into this process.

A failure means that another cuDNN or cuBLAS comes first, often through LD_LIBRARY_PATH or a system installation:
the message names the file.
"""

from __future__ import annotations

import importlib.metadata
import re
import unittest
from typing import Any

SUMMARY = "cuDNN, cuBLAS and NCCL fit the build"
DEVICES = "accelerator"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 120.0

LOADED = re.compile(r"/lib(cudnn|cublas|cublasLt|nccl|cudart|cusolver|MIOpen|rocblas|rccl)[-._]")


def run(torch: Any, device: str) -> dict[str, Any]:
    if not device.startswith("cuda"):
        raise unittest.SkipTest("these libraries belong to CUDA and ROCm builds")
    _exact_work(torch, device)
    files = _mapped()
    found: dict[str, Any] = {"loaded": ", ".join(files) or "not told on this system"}
    found["cudnn"] = _cudnn(torch, files)
    nccl = getattr(torch.cuda, "nccl", None)
    if (
        nccl is not None
        and torch.distributed.is_available()
        and torch.distributed.is_nccl_available()
    ):
        found["nccl"] = ".".join(str(part) for part in nccl.version())
    differing = _required()
    found["packages_beside_requirement"] = ", ".join(differing) or "none differs"
    return found


def _exact_work(torch: Any, device: str) -> None:
    generator = torch.Generator().manual_seed(2)
    a, b = (torch.randint(-4, 5, (32, 32), generator=generator).float() for _ in range(2))
    got = (a.to(device) @ b.to(device)).cpu()
    if not torch.equal(got, a @ b):
        raise AssertionError(
            f"a product of whole numbers is off by {float((got - a @ b).abs().max())}"
        )
    image, kernel = a.reshape(1, 1, 32, 32), b[:3, :3].reshape(1, 1, 3, 3)
    convolve = torch.nn.functional.conv2d
    got, want = convolve(image.to(device), kernel.to(device)).cpu(), convolve(image, kernel)
    if not torch.equal(got.round(), want) or not float((got - want).abs().max()) < 0.01:
        raise AssertionError(
            f"a convolution of whole numbers is off by {float((got - want).abs().max())}"
        )


def _cudnn(torch: Any, files: list[str]) -> str:
    version = torch.backends.cudnn.version()
    if version is None:
        return "not in this build"
    compiled = getattr(getattr(torch._C, "_cudnn", None), "getCompileVersion", None)
    if compiled is None or getattr(torch.version, "hip", None):
        return str(version)
    built = tuple(compiled())
    divisor = 10_000 if version >= 90_000 else 1_000
    running = version // divisor, version % divisor // 100
    if running[0] != built[0] or running[1] < built[1]:
        where = ", ".join(path for path in files if "cudnn" in path) or "an unknown file"
        raise AssertionError(
            f"cuDNN {running[0]}.{running[1]} runs, torch was built with {built[0]}.{built[1]}; loaded: {where}"
        )
    return f"{version}, built with {'.'.join(str(part) for part in built)}"


def _mapped() -> list[str]:
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
            paths = {line.split(maxsplit=5)[5].strip() for line in file if "/" in line}
    except OSError:
        return []
    return sorted(path for path in paths if LOADED.search(path))


def _required() -> list[str]:
    """NVIDIA's packages whose installed version isn't the one that torch's metadata asks for."""
    try:
        lines = importlib.metadata.requires("torch") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    differing = []
    for line in lines:
        pin = re.match(r"(nvidia-[a-z0-9-]+)\s*\(?==([0-9.]+)\)?", line)
        try:
            if pin and importlib.metadata.version(pin.group(1)) != pin.group(2):
                differing.append(
                    f"{pin.group(1)} {importlib.metadata.version(pin.group(1))} for {pin.group(2)}"
                )
        except importlib.metadata.PackageNotFoundError:
            continue
    return differing
