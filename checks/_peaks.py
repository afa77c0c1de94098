"""The peak of a GPU from its own attributes: products of matrices in 16 bit, and copies of its memory.

NVIDIA: multiprocessors x clock x dense 16-bit operations per clock and multiprocessor, accumulated in
float32, from NVIDIA's architecture white papers (a fused multiply-add is two operations). The GeForce
series does half of it. AMD: compute units x clock x the rate of the gfx (CDNA 2, 3, 4 and RDNA 3 white
papers). Where a part isn't known to have what the formula says, there is no reference: a wrong one would
call a sound GPU broken.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

NVIDIA_PER_CLOCK = {
    (7, 0): 1024, (7, 5): 1024, (8, 0): 2048, (8, 6): 1024, (8, 7): 2048, (8, 9): 1024,
    (9, 0): 4096, (10, 0): 8192, (10, 3): 8192, (12, 0): 1024,
}  # fmt: skip
AMD_PER_CLOCK = {"gfx90a": 1024, "gfx942": 2048, "gfx950": 4096, "gfx1100": 512}
TURING_WITH_TENSOR_CORES = re.compile(r"\bT4\b|\bRTX\b", re.IGNORECASE)
"""GTX 16, T400 to T1200 and MX have the same capability 7.5 and no tensor cores."""
HALVED = re.compile(r"GeForce|TITAN RTX", re.IGNORECASE)
"""Consumer boards accumulate 16-bit products in float32 at half the rate of the same chip elsewhere."""
HOPPER_NVL = "H100 NVL"
"""Sold with a lower rate (835) than its clock and multiprocessors give (965)."""
FULL_HOPPER = 100
"""Multiprocessors that every H100 and H200 has more of. H20 has 78, and a seventh of the rate."""
VIRTUAL = re.compile(r"GRID|-\d+[QCAB]\b")
"""Names of virtual GPUs, which get slices of time: `GRID T4-8Q`, `NVIDIA A100-40C`."""
SLICE = "MIG"


class Peaks(NamedTuple):
    """TFLOP/s of products and GB/s of copies; None where the attributes don't tell."""

    product: float | None
    copy: float | None
    why: str = ""
    """Why there is no reference."""


def peaks(torch: Any, device: str) -> Peaks:
    if not device.startswith("cuda"):
        return Peaks(None, None, "no reference is known for this kind of device")
    about = torch.cuda.get_device_properties(device)
    if VIRTUAL.search(str(about.name)):
        return Peaks(None, None, "a virtual GPU shares its time with others")
    if getattr(torch.version, "hip", None):
        return Peaks(_amd_product(about), None)
    return Peaks(nvidia_product(about), _copy(about))


def nvidia_product(about: Any) -> float | None:
    """Peak in TFLOP/s from a device's properties (`clock_rate` in kHz)."""
    capability, name = (about.major, about.minor), str(about.name)
    per_clock = NVIDIA_PER_CLOCK.get(capability, 0)
    if capability == (7, 5) and not TURING_WITH_TENSOR_CORES.search(name):
        return None
    if capability == (9, 0) and _cut_hopper(about, name):
        return None
    if capability in ((7, 5), (8, 6), (8, 9), (12, 0)) and HALVED.search(name):
        per_clock //= 2
    clock = getattr(about, "clock_rate", 0)
    return about.multi_processor_count * clock * 1e3 * per_clock / 1e12 or None


def _cut_hopper(about: Any, name: str) -> bool:
    if SLICE in name:
        return "H20" in name and "H200" not in name
    return HOPPER_NVL in name or about.multi_processor_count < FULL_HOPPER


def _amd_product(about: Any) -> float | None:
    gfx = str(getattr(about, "gcnArchName", "")).partition(":")[0]
    clock = getattr(about, "clock_rate", 0)
    return about.multi_processor_count * clock * 1e3 * AMD_PER_CLOCK.get(gfx, 0) / 1e12 or None


def _copy(about: Any) -> float | None:
    """Peak of the memory in GB/s: its clock (kHz) twice a cycle over the bus; reads and writes count."""
    if SLICE in str(about.name) or getattr(about, "is_integrated", False):
        return None
    clock, bus = (getattr(about, n, 0) for n in ("memory_clock_rate", "memory_bus_width"))
    return clock * 1e3 * 2 * bus / 8 / 1e9 or None
