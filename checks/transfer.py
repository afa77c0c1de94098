"""Copies between host and device are byte for byte exact: plain, pinned, non-blocking, strided, of odd sizes.

What it proves: the way over PCIe, NVLink or shared memory, and the conversion of dtypes and layouts on it.

How: seeded bytes of every value, sizes from 1 to 4 MiB and 3, go to the device and back and through a copy on the
device; all comparisons are exact.

A failure means corrupted transfers: hardware, a virtual machine's IOMMU, or a driver. Nothing computed on this
device can be trusted.
"""

from __future__ import annotations

import time
from typing import Any

SUMMARY = "copies to the device and back are byte-exact"
DEVICES = "accelerator"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 60.0

SIZES = (1, 3, 511, 4097, 4 * 1024 * 1024 + 3)


def run(torch: Any, device: str) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(6)
    data = torch.zeros(0, dtype=torch.uint8)
    for size in SIZES:
        data = torch.randint(0, 256, (size,), dtype=torch.uint8, generator=generator)
        on = data.to(device)
        _same(torch, f"{size} bytes", on.cpu(), data)
        _same(torch, f"{size} bytes copied on the device", on.clone().cpu(), data)
    started = time.monotonic()
    _same(torch, "the largest again", data.to(device).cpu(), data)
    seconds = time.monotonic() - started
    found = {
        "both_ways": {"value": 2 * SIZES[-1] / max(seconds, 1e-9) / 1e9, "unit": "GB/s, unpinned"}
    }
    _strided(torch, device)
    if device.startswith(("cuda", "xpu")):
        found["pinned"] = _pinned(torch, device, data)
    return found


def _same(torch: Any, what: str, got: Any, want: Any) -> None:
    if not torch.equal(got, want):
        wrong = int((got != want).sum())
        raise AssertionError(f"{what}: {wrong} of {want.numel()} elements changed on the way")


def _strided(torch: Any, device: str) -> None:
    """A transposed, stepped view there, back into another view, and a change of dtype on the way."""
    table = torch.arange(35, dtype=torch.int32).reshape(5, 7)
    view = table.t()[1::2]
    _same(torch, "a strided view", view.to(device).cpu(), view.contiguous())
    target = torch.zeros(7, 5, dtype=torch.int32).to(device)
    target[1::2].copy_(view)
    _same(torch, "a copy into a view", target.cpu()[1::2], view.contiguous())
    _same(torch, "int32 as float32", table.to(device, torch.float32).cpu(), table.float())


def _pinned(torch: Any, device: str, data: Any) -> Any:
    """Non-blocking both ways through pinned memory; only the synchronisation makes it readable."""
    backend = getattr(torch, device.split(":")[0])
    pinned = data.pin_memory()
    if not pinned.is_pinned():
        raise AssertionError("pin_memory() gave a tensor that isn't pinned")
    back = torch.zeros_like(data).pin_memory()
    started = time.monotonic()
    back.copy_(pinned.to(device, non_blocking=True), non_blocking=True)
    backend.synchronize(device)
    seconds = time.monotonic() - started
    _same(torch, "pinned and non-blocking", back, data)
    return {"value": 2 * data.numel() / max(seconds, 1e-9) / 1e9, "unit": "GB/s, pinned"}
