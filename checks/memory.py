"""Device memory is given, counted, given back; an absurd request raises and the device lives on.

What it proves: the allocator's count follows what is held; memory keeps what is written while other blocks come and
go; a request for an exabyte raises torch's out-of-memory error (not a crash), after which the device still computes.
The request is left out where the allocator would take all free memory of the device before it refuses (expandable
segments map what they can first), since neighbours would run out of it for that moment.

How: four blocks of 8 MiB filled with different numbers, one freed and replaced, all read back exactly. The count must
grow by at least the bytes held and fall back to where it was.

A failure means a broken allocator or driver, or another allocator forced by PYTORCH_CUDA_ALLOC_CONF.
"""

from __future__ import annotations

import gc
import os
import unittest
from typing import Any

from ._device import OUT_OF_MEMORY

SUMMARY = "memory is allocated, counted and freed, and running out of it is survived"
DEVICES = "accelerator"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 60.0

BLOCK = 2 * 1024 * 1024
"""Elements of a block: 8 MiB of float32."""
ABSURD = 2**58
"""Elements of the request that no device can meet: an exabyte."""


def run(torch: Any, device: str) -> dict[str, Any]:
    if os.environ.get("PYTORCH_NO_CUDA_MEMORY_CACHING") and device.startswith("cuda"):
        raise unittest.SkipTest(
            "PYTORCH_NO_CUDA_MEMORY_CACHING is set: the allocator counts nothing"
        )
    gc.collect()
    before = _held(torch, device)
    blocks = [torch.full((BLOCK,), float(i + 1), device=device) for i in range(4)]
    during = _held(torch, device)
    if before is not None and during - before < 4 * BLOCK * 4:
        raise AssertionError(f"32 MiB were taken, the allocator counts {during - before} bytes")
    blocks[1] = torch.full((BLOCK,), 9.0, device=device)
    _unchanged(blocks, [1.0, 9.0, 3.0, 4.0])
    message = _absurd(torch, device)
    _unchanged(blocks, [1.0, 9.0, 3.0, 4.0])
    del blocks
    after = _held(torch, device)
    if before is not None and after > before:
        raise AssertionError(f"{after - before} bytes of freed blocks are still counted")
    return {
        "counted": "not told by this device" if before is None else during - before,
        "refusal": message,
    }


def _held(torch: Any, device: str) -> Any:
    """Bytes that tensors hold, as the allocator tells; None where it doesn't."""
    kind = device.split(":")[0]
    backend = getattr(torch, kind)
    if hasattr(backend, "memory_allocated"):
        return int(backend.memory_allocated(device))
    if hasattr(backend, "current_allocated_memory"):
        return int(backend.current_allocated_memory())
    return None


def _unchanged(blocks: list[Any], values: list[float]) -> None:
    for block, value in zip(blocks, values):
        low, high = float(block.min()), float(block.max())
        if (low, high) != (value, value):
            raise AssertionError(f"a block filled with {value} holds {low} to {high}")


def _expandable(device: str) -> str | None:
    """The variable that switches expandable segments on (CUDA, ROCm, XPU), with its value."""
    names = ("PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_HIP_ALLOC_CONF")
    for name in (*names, "PYTORCH_XPU_ALLOC_CONF"):
        value = os.environ.get(name, "")
        if "expandable_segments:true" in value.replace(" ", "").lower():
            return f"{name}={value}"
    return None


def _absurd(torch: Any, device: str) -> str:
    """The first line of the error that the absurd request raises; why it wasn't made, where it wasn't."""
    setting = _expandable(device)
    if setting is not None:
        return f"not asked for: {setting} would take all free memory first"
    due = (
        getattr(torch.cuda, "OutOfMemoryError", RuntimeError)
        if device.startswith("cuda")
        else RuntimeError
    )
    try:
        torch.empty(ABSURD, dtype=torch.float32, device=device)
    except due as error:
        return str(error).splitlines()[0][:200]
    except RuntimeError as error:
        if OUT_OF_MEMORY.search(str(error)):
            return str(error).splitlines()[0][:200]
        raise AssertionError(
            f"an exabyte was refused by another error than {due.__name__}: {error}"
        ) from error
    raise AssertionError(f"{device} granted an exabyte")
