"""An accelerator in this process: made ready for a check, asked whether it still computes, its room.

Nothing here is called for the CPU but `computes`, which it always does.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import Any, Iterator

LITTLE_BYTES = 2 * 2**30
"""Free memory below which a lack of it is no fault of the device: a context, the libraries' workspaces
and a check take up to that (a context alone takes 0.3 to 0.6 GB)."""
OUT_OF_MEMORY = re.compile(
    r"out of memory|CUBLAS_STATUS_ALLOC_FAILED|CUDNN_STATUS_ALLOC_FAILED|NVML_SUCCESS == r",
    re.IGNORECASE,
)
"""How torch says that memory is short. The last is an assertion of its own about NVML, which hides the
lack of memory on Jetson, on slices (MIG) and in some containers (pytorch/pytorch#185240, #112377)."""
TAKEN = re.compile(
    r"busy or unavailable|cudaErrorDevicesUnavailable|CUDA-capable devices? .{0,20}busy",
    re.IGNORECASE,
)
"""Error 46: a compute mode that takes one process at a time, or none."""


def computes(torch: Any, device: str) -> bool:
    """Whether the device still does the simplest sum in this process, all that it was given done."""
    if device == "cpu":
        return True
    try:
        settle(torch, device)
        return float((torch.ones(2, device=device) + 1).sum()) == 4.0
    except Exception:
        return False


def settle(torch: Any, device: str) -> None:
    """Waits until the device has done all that it was given; raises what went wrong there."""
    if device == "cpu":
        return
    backend = getattr(torch, device.split(":")[0], None)
    wait = getattr(backend, "synchronize", None)
    if wait is not None:
        wait(*([device] if ":" in device else []))


@contextlib.contextmanager
def prepared(torch: Any, device: str) -> Iterator[dict[str, Any]]:
    """The device made the current one, float32 products made exact; yields what was found otherwise.

    Without a current device, what asks for one (streams, the profiler) opens a context on device 0 too.
    """
    found: dict[str, Any] = {}
    if ":" in device:
        backend = getattr(torch, device.split(":")[0])
        getattr(backend, "set_device", lambda _: None)(device)
    with _exact_products(torch, device, found):
        yield found
        settle(torch, device)


@contextlib.contextmanager
def _exact_products(torch: Any, device: str, found: dict[str, Any]) -> Iterator[None]:
    """TF32 switched off for products of float32 matrices and put back: the user may have chosen it."""
    before = _precision(torch) if device.startswith("cuda") else "highest"
    if before == "highest":
        yield
        return
    found["float32_precision_found"] = before or "set by the old and the new interface at once"
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        if before is not None:
            torch.set_float32_matmul_precision(before)


def _precision(torch: Any) -> str | None:
    """`highest`, or what else is set for products; None where torch can't tell (mixed interfaces)."""
    read = getattr(torch, "get_float32_matmul_precision", lambda: "highest")
    try:
        return str(read())
    except RuntimeError:
        return None


def excuse(torch: Any, device: str, error: BaseException) -> str | None:
    """Why an error on an accelerator says nothing about the device; None where it does."""
    told = "%s: %s" % (type(error).__name__, error)
    if device == "cpu":
        return None
    if TAKEN.search(told):
        return (
            "the device takes no further process (compute mode exclusive or prohibited): %s"
            % (told.splitlines()[0][:200])
        )
    if type(error).__name__ != "OutOfMemoryError" and not OUT_OF_MEMORY.search(told):
        return None
    free, total = room(torch, device)
    if free is not None and free >= LITTLE_BYTES:
        return None
    if free is None:
        return (
            "memory is short on the device, and it doesn't tell how much is free: %s"
            % (told.splitlines()[0][:200])
        )
    return "only %.2f of %.1f GiB are free on the device: others hold the rest" % (
        free / 2**30,
        (total or 0) / 2**30,
    )


def room(torch: Any, device: str) -> tuple[int | None, int | None]:
    """Free and all bytes of the device's memory; None where it doesn't tell."""
    backend = getattr(torch, device.split(":")[0], None)
    ask = getattr(backend, "mem_get_info", None)
    try:
        free, total = ask(device) if ask is not None else (None, None)
    except Exception:  # not even a context fits, or the device is broken: then no room is told
        return None, None
    return free, total


def forced(device: str) -> str:
    """What the environment forces on products that no program can switch off; empty where nothing."""
    if device.startswith("cuda") and os.environ.get("NVIDIA_TF32_OVERRIDE") == "1":
        return "NVIDIA_TF32_OVERRIDE=1 forces TF32 on all products; unset it and try again"
    return ""
