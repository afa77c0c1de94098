"""The profiler sees what ran, how often, and changes nothing of it.

What it proves: `torch.profiler` starts and ends, names the operations and counts their calls, and the result under it
is the same to the bit. On CUDA and ROCm devices it is told whether kernels were timed as well.

How: seven products and three hyperbolic tangents, before and under the profiler. Counts are exact; times must be
positive and no longer than the whole took.

A failure means a profiler (Kineto) that doesn't fit this system. Where no kernel was timed on a GPU, the library that
times them is missing or not allowed to: CUPTI, or ROCm's tracer.
"""

from __future__ import annotations

import time
from typing import Any

SUMMARY = "the profiler counts and times what ran"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "deep"
TIMEOUT_S = 120.0

PRODUCTS = 7
CURVES = 3


def run(torch: Any, device: str) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(1)
    a, b = (torch.randn(48, 48, generator=generator).to(device) for _ in range(2))
    want = _work(torch, a, b)
    started = time.perf_counter()
    with torch.profiler.profile(activities=_activities(torch, device)) as profile:
        got = _work(torch, a, b)
    whole_us = (time.perf_counter() - started) * 1e6
    if not torch.equal(got, want):
        raise AssertionError(
            f"under the profiler the result differs by {float((got - want).abs().max()):.3g}"
        )
    seen = {event.key: event for event in profile.key_averages()}
    for name, count in (("aten::mm", PRODUCTS), ("aten::tanh", CURVES)):
        told = seen[name].count if name in seen else 0
        if told != count:
            raise AssertionError(f"{name} ran {count} times, the profiler tells {told}")
    spent = float(seen["aten::mm"].cpu_time_total)
    if not 0 < spent <= whole_us:
        raise AssertionError(f"{PRODUCTS} products took {spent} us of {whole_us:.0f} us, it tells")
    return {"product": {"value": spent / PRODUCTS, "unit": "us"}, "kernels": _kernels(device, seen)}


def _work(torch: Any, a: Any, b: Any) -> Any:
    for _ in range(PRODUCTS):
        a = torch.mm(a, b) / 48
    for _ in range(CURVES):
        a = torch.tanh(a)
    return a.cpu()


def _activities(torch: Any, device: str) -> list[Any]:
    """CUDA names the kernels of ROCm too."""
    kinds = torch.profiler.ProfilerActivity
    return [kinds.CPU, kinds.CUDA] if device.startswith("cuda") else [kinds.CPU]


def _kernels(device: str, seen: dict[str, Any]) -> Any:
    if not device.startswith("cuda"):
        return "not looked for on this device"
    product = seen["aten::mm"]
    # Newer releases say device where older ones say cuda; microseconds in both.
    spent = float(getattr(product, "device_time_total", getattr(product, "cuda_time_total", 0.0)))
    return {"value": spent, "unit": "us"} if spent > 0 else "none was timed"
