"""How fast products and copies are here, against the peak that the device's own attributes give.

What it proves: that an accelerator isn't grossly slow: a wrong kernel, a sick GPU. On the CPU the rate is only told,
and compared with plain scalar code.

How: the median of samples of at least 2 ms after half a second of warm-up, on random data, timed by the device's own
events where it has them. The peaks are those of `_peaks.py`. The rate stands without a judgement where an attribute
isn't known, where memory is short and the sizes therefore small, on a virtual GPU, and where something else explains a
low rate: other processes that compute, a GPU that was busy before the start, a power limit below 80 % of its default, a
memory clock below 90 % of its highest.

Limits: below a tenth of the peak the check fails, below four tenths (a quarter under ROCm) it passes with a warning. A
sound H100 reaches seven tenths, a laptop with a power limit of a few watts a third. Equal GPUs of one machine are
compared with each other afterwards. On the CPU a float32 product must beat 0.2 GFLOP/s, which any vector code does.

A failure means a GPU that should be looked at: temperature, power, or a sick chip.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from ._device import room
from ._neighbours import load, other_processes
from ._peaks import Peaks, peaks

SUMMARY = "products and copies reach a fair share of the device's peak"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch", "matmul")
LEVEL = "deep"
TIMEOUT_S = 120.0

FAILS, WARNS, WARNS_ROCM = 0.1, 0.4, 0.25
ROOM = 4 * 2**30
"""Free bytes from which on the large sizes are taken; they need half of it at most."""
LEAST_COPY = 2**30
"""Bytes of the copied buffer, so that a cache can't hold it; eight times the cache where that is more."""
SAMPLE_S = 2e-3
BUSY_PERCENT = 5
CPU_FLOOR = 0.2


def run(torch: Any, device: str) -> dict[str, Any]:
    if device == "cpu":
        return _cpu(torch)
    excuse = _excuse(torch, device)
    free = room(torch, device)[0] if device.startswith("cuda") else None
    roomy = free is not None and free > ROOM
    size, numbers = (8192, _copied_bytes(torch, device, free) // 4) if roomy else (2048, 2**23)
    name = "bfloat16" if _multiplies_bfloat16(torch, device) else "float16"
    product = _product_rate(torch, device, size, getattr(torch, name))
    source = torch.randn(numbers, device=device)
    target = torch.empty_like(source)
    copy = 2.0 * numbers * 4 / _median_s(torch, device, lambda: target.copy_(source)) / 1e9
    if device.startswith("cuda"):
        excuse = excuse or _slow_memory(torch, device)
    if not torch.equal(source, target):
        raise AssertionError("a copy on the device changed its data")
    if not roomy:
        excuse = excuse or f"less than {ROOM // 2**30} GiB of memory are free"
    reference = Peaks(None, None, excuse) if excuse else peaks(torch, device)
    least = WARNS_ROCM if getattr(torch.version, "hip", None) else WARNS
    return _judged(
        (f"{name} product", "product", product, reference.product, "TFLOP/s"),
        ("copy", "copy", copy, reference.copy, "GB/s"),
        why=reference.why,
        least=least,
    )


def _product_rate(torch: Any, device: str, size: int, dtype: Any) -> float:
    """TFLOP/s of a square product."""
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    return 2.0 * size**3 / _median_s(torch, device, lambda: a @ b) / 1e12


def _excuse(torch: Any, device: str) -> str:
    """What else explains a low rate, read before this check loads the device; empty where nothing does."""
    if not device.startswith("cuda") or getattr(torch.version, "hip", None):
        return ""
    others = other_processes(torch, device)
    if others:
        return f"{others} other process(es) compute on the GPU"
    told = load(torch, device)
    if told.get("utilization_percent", 0) > BUSY_PERCENT:
        return f"the GPU was busy before the start ({told['utilization_percent']} %)"
    limit, default = told.get("power_limit_watts"), told.get("power_limit_default_watts")
    if limit and default and limit < 0.8 * default:
        return f"the power limit is {limit:.0f} W of {default:.0f} W"
    return ""


def _slow_memory(torch: Any, device: str) -> str:
    """The memory clock under load, where it is below nine tenths of its highest (a laptop on battery)."""
    told = load(torch, device)
    now, most = told.get("memory_clock_mhz"), told.get("memory_clock_max_mhz")
    return f"the memory clock is {now} of {most} MHz" if now and most and now < 0.9 * most else ""


def _copied_bytes(torch: Any, device: str, free: int | None) -> int:
    cache = getattr(torch.cuda.get_device_properties(device), "L2_cache_size", 0) or 0
    return int(min(max(LEAST_COPY, 8 * cache), (free or ROOM) // 4))


def _cpu(torch: Any) -> dict[str, Any]:
    a, b = (torch.randn(512, 512, generator=torch.Generator().manual_seed(i)) for i in range(2))
    rate = 2.0 * 512**3 / _median_s(torch, "cpu", lambda: a @ b) / 1e9
    if not rate >= CPU_FLOOR:
        raise AssertionError(
            f"a float32 product runs at {rate:.3g} GFLOP/s, due at least {CPU_FLOOR}"
        )
    return {"product": {"value": rate, "limit": CPU_FLOOR, "unit": "GFLOP/s, at least"}}


def _median_s(torch: Any, device: str, work: Any) -> float:
    """Median seconds of one piece of work, over up to fifty samples, after half a second of warm-up."""
    timed = _by_events if device.startswith("cuda") else _by_clock
    end, once = time.monotonic() + 0.5, 0.0
    while time.monotonic() < end:
        once = timed(torch, device, work, 1)
    count = max(1, int(SAMPLE_S / max(once, 1e-7)) + 1)
    samples: list[float] = []
    while len(samples) < 50 and sum(samples) * count < 2:
        samples.append(timed(torch, device, work, count) / count)
    return statistics.median(samples)


def _by_events(torch: Any, device: str, work: Any, count: int) -> float:
    """Seconds between two events on the device around `count` pieces of work."""
    first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    first.record()
    for _ in range(count):
        work()
    last.record()
    torch.cuda.synchronize(device)
    return float(first.elapsed_time(last)) / 1e3


def _by_clock(torch: Any, device: str, work: Any, count: int) -> float:
    """The same by this machine's clock, for devices without such events."""
    backend = getattr(torch, device.split(":")[0])
    wait = getattr(backend, "synchronize", lambda: None)
    started = time.perf_counter()
    for _ in range(count):
        work()
    wait(*([device] if ":" in device else []))
    return time.perf_counter() - started


def _multiplies_bfloat16(torch: Any, device: str) -> bool:
    """Whether its matrix units do; torch itself says yes where it only emulates them, at a tenth of the rate."""
    if not device.startswith("cuda"):
        return False
    if getattr(torch.version, "hip", None):
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cuda.get_device_capability(device) >= (8, 0))


def _judged(
    *rates: tuple[str, str, float, float | None, str], why: str, least: float
) -> dict[str, Any]:
    """Each rate with what it must reach; a warning for those that are slow and not grossly so."""
    found: dict[str, Any] = {}
    slow = []
    for what, key, rate, peak, unit in rates:
        if peak is None:
            found[key] = {
                "value": rate,
                "unit": f"{unit}, no reference" + (f": {why}" if why else ""),
            }
            continue
        told = f"{what} at {rate:.4g} {unit} is {rate / peak:.0%} of the peak {peak:.4g}"
        if not rate >= FAILS * peak:
            raise AssertionError(f"{told}, due {FAILS:.0%}")
        if rate < least * peak:
            slow.append(told)
        found[key] = {
            "value": rate,
            "limit": FAILS * peak,
            "unit": f"{unit}, at least, of a peak of {peak:.4g}",
        }
    if slow:
        found["warning"] = f"{'; '.join(slow)}: a sound device reaches {least:.0%}"
    return found
