"""The same product, over and over for ten seconds, gives the same bits every time.

What it proves: the device computes without silent errors under load and heat, as far as ten seconds show.

How: one product of seeded normal matrices is computed again and again and compared with the first result on the
device, bit for bit: same kernel, same inputs, same answer. The first result itself is compared with float64 in its
first rows. An accelerator gets 4096 x 4096 (zeros would draw less power), in bfloat16 or float16 where it multiplies
them, since matrix units draw the most power; the CPU gets 384 x 384 in float32.

Tolerances: none for the repeats; the first result n x eps of float32, in 16 bit two eps of that type for the rounded
result more, relative to |A| |B|.

A failure means unstable hardware: overclocking, power, cooling, or a sick chip. Take the device out of service.
"""

from __future__ import annotations

import time
from typing import Any

SUMMARY = "ten seconds of one product give the same bits"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch", "matmul")
LEVEL = "deep"
TIMEOUT_S = 90.0

SECONDS = 10.0
ROWS = 16
"""Rows of the first result that are compared with float64."""


def run(torch: Any, device: str) -> dict[str, Any]:
    size = 384 if device == "cpu" else 4096
    generator = torch.Generator().manual_seed(4)
    dtype = _dtype(torch, device)
    a, b = (torch.randn(size, size, generator=generator).to(dtype) for _ in range(2))
    # rocBLAS may add in any order (atomics) unless deterministic algorithms are asked for.
    if getattr(torch.version, "hip", None) and device != "cpu":
        torch.use_deterministic_algorithms(True, warn_only=True)
    on_a, on_b = a.to(device), b.to(device)
    first = on_a @ on_b
    error = _against_float64(torch, first, a, b, size)
    rounds, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        again = on_a @ on_b
        if not torch.equal(again, first):
            wrong = int((again != first).sum())
            raise AssertionError(
                f"round {rounds}: {wrong} of {first.numel()} elements differ from the first"
            )
        rounds += 1
    rate = 2.0 * size**3 * rounds / SECONDS / 1e12
    return {
        "dtype": str(dtype),
        "rounds": rounds,
        "first_error": error,
        "rate": {"value": rate, "unit": "TFLOP/s, comparisons included"},
    }


def _dtype(torch: Any, device: str) -> Any:
    """A 16-bit type that the device multiplies, else float32."""
    if device != "cpu":
        for dtype in (torch.bfloat16, torch.float16):
            try:
                one = torch.ones(16, 16, dtype=dtype, device=device)
                if float((one @ one)[0, 0]) == 16.0:
                    return dtype
            except (RuntimeError, TypeError):
                continue
    return torch.float32


def _against_float64(torch: Any, first: Any, a: Any, b: Any, size: int) -> dict[str, Any]:
    part = a[:ROWS].double()
    rounded = 0.0 if first.dtype == torch.float32 else 2 * torch.finfo(first.dtype).eps
    sizes = part.abs() @ b.double().abs()
    error = float(((first[:ROWS].cpu().double() - part @ b.double()).abs() / sizes).max())
    limit = size * 2.0**-23 + rounded
    if not error <= limit:
        raise AssertionError(f"the first product is off by {error:.3g}, allowed {limit:.3g}")
    return {"value": error, "limit": limit, "unit": "relative"}
