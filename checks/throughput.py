"""How fast products and copies are here, against the peak that the device's own attributes give.

What it proves: that an accelerator isn't grossly slow: a wrong kernel, a throttled or shared GPU. On the CPU the rate
is only told, and compared with plain scalar code.

How: the median of timed runs after half a second of warm-up, on random data. CUDA's peak is
SMs x clock x operations per clock and SM of the compute capability (dense bfloat16 or float16, accumulated in float32);
of the copy, memory clock x 2 x bus width. Where an attribute or the capability isn't known, the rate stands without
a judgement.

Limits: 40 % of the peak for products (cards of the GeForce series halve the rate: 20 % of the full one), 65 % for
copies. On the CPU a float32 product must beat 0.2 GFLOP/s, which any vector code does by far.

A failure means throttling (temperature, power), another process on the device, or a sick one.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

SUMMARY = "products and copies reach a fair share of the device's peak"
DEVICES = "any"
REQUIRES = ("import", "matmul")
LEVEL = "deep"
TIMEOUT_S = 120.0

PER_CLOCK = {
    (7, 0): 1024, (7, 5): 1024, (8, 0): 2048, (8, 6): 1024, (8, 7): 1024, (8, 9): 1024,
    (9, 0): 4096, (10, 0): 8192, (10, 3): 8192, (12, 0): 1024,
}  # fmt: skip
"""Dense 16-bit operations (a fused multiply-add is two) per clock and multiprocessor."""
CPU_FLOOR = 0.2


def run(torch: Any, device: str) -> dict[str, Any]:
    if device == "cpu":
        return _cpu(torch)
    size = 8192 if device.startswith("cuda") else 2048
    name = "bfloat16" if device.startswith("cuda") and torch.cuda.is_bf16_supported() else "float16"
    a, b = (torch.randn(size, size, device=device).to(getattr(torch, name)) for _ in range(2))
    product = 2.0 * size**3 / _median_s(torch, device, lambda: a @ b) / 1e12
    source = torch.randn(64 * 1024 * 1024, device=device)
    target = torch.empty_like(source)
    copy = 2.0 * source.numel() * 4 / _median_s(torch, device, lambda: target.copy_(source)) / 1e9
    if not torch.equal(source, target):
        raise AssertionError("a copy on the device changed its data")
    peaks = _peaks(torch, device)
    return {
        "product": _judge(
            f"{name} product", product, peaks[0], 0.2 if _halved(torch, device) else 0.4, "TFLOP/s"
        ),
        "copy": _judge("copy", copy, peaks[1], 0.65, "GB/s"),
    }


def _cpu(torch: Any) -> dict[str, Any]:
    a, b = (torch.randn(512, 512, generator=torch.Generator().manual_seed(i)) for i in range(2))
    rate = 2.0 * 512**3 / _median_s(torch, "cpu", lambda: a @ b) / 1e9
    if not rate >= CPU_FLOOR:
        raise AssertionError(
            f"a float32 product runs at {rate:.3g} GFLOP/s, due at least {CPU_FLOOR}"
        )
    return {"product": {"value": rate, "limit": CPU_FLOOR, "unit": "GFLOP/s, at least"}}


def _median_s(torch: Any, device: str, work: Any) -> float:
    """Median duration in seconds of up to fifty runs, each waited for, after half a second of warm-up."""
    wait = getattr(getattr(torch, device.split(":")[0]), "synchronize", lambda: None)
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        work()
        wait()
    times = []
    for _ in range(50):
        started = time.perf_counter()
        work()
        wait()
        times.append(time.perf_counter() - started)
        if sum(times) > 2:
            break
    return statistics.median(times)


def _halved(torch: Any, device: str) -> bool:
    return device.startswith("cuda") and "GeForce" in str(torch.cuda.get_device_name(device))


def _peaks(torch: Any, device: str) -> tuple[float | None, float | None]:
    """Peak of products in TFLOP/s and of copies in GB/s; None where it can't be computed."""
    if not device.startswith("cuda") or getattr(torch.version, "hip", None):
        return None, None
    told = torch.cuda.get_device_properties(device)
    clock, memory, bus = (
        getattr(told, n, 0) for n in ("clock_rate", "memory_clock_rate", "memory_bus_width")
    )
    per_clock = PER_CLOCK.get((told.major, told.minor), 0)
    product = told.multi_processor_count * clock * 1e3 * per_clock / 1e12
    copy = memory * 1e3 * 2 * bus / 8 / 1e9
    return product or None, copy or None


def _judge(what: str, rate: float, peak: float | None, share: float, unit: str) -> dict[str, Any]:
    if peak is None:
        return {"value": rate, "unit": f"{unit}, no reference"}
    if not rate >= share * peak:
        raise AssertionError(
            f"{what} at {rate:.4g} {unit} is {rate / peak:.0%} of the peak {peak:.4g}, due {share:.0%}"
        )
    return {
        "value": rate,
        "limit": share * peak,
        "unit": f"{unit}, at least, of a peak of {peak:.4g}",
    }
