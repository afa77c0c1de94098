"""How fast products and copies are here, against the peak that the device's own attributes give.

What it proves: that an accelerator isn't grossly slow: a wrong kernel, a throttled or shared GPU. On the CPU the rate
is only told, and compared with plain scalar code.

How: the median of timed runs after half a second of warm-up, on random data. CUDA's peak is
SMs x clock x operations per clock and SM of the compute capability (dense bfloat16, or float16 before 8.0, accumulated
in float32); of the copy, memory clock x 2 x bus width. The rate stands without a judgement where an attribute or the
capability isn't known, where memory is short and the sizes therefore small, and for the copy of a MIG instance or of
memory that is shared with the processor.

Limits: 40 % of the peak for products on chips with HBM, which are built to hold their clock. The others (T4, L4,
laptops, Jetson) are sold with power limits down to a few watts, at which they hold a third of their highest clock
(inferred): 20 %, and half of that for the GeForce series, which halves the rate. 65 % for copies. On the CPU a float32
product must beat 0.2 GFLOP/s, which any vector code does by far.

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
WITH_HBM = ((7, 0), (8, 0), (9, 0), (10, 0), (10, 3))
ROOM = 4 * 2**30
"""Free bytes from which on the large sizes are taken; they need a quarter of it."""
CPU_FLOOR = 0.2


def run(torch: Any, device: str) -> dict[str, Any]:
    if device == "cpu":
        return _cpu(torch)
    roomy = _has_room(torch, device)
    size, numbers = (8192, 2**26) if roomy else (2048, 2**23)
    name = "bfloat16" if _multiplies_bfloat16(torch, device) else "float16"
    a, b = (torch.randn(size, size, device=device).to(getattr(torch, name)) for _ in range(2))
    product = 2.0 * size**3 / _median_s(torch, device, lambda: a @ b) / 1e12
    source = torch.randn(numbers, device=device)
    target = torch.empty_like(source)
    copy = 2.0 * source.numel() * 4 / _median_s(torch, device, lambda: target.copy_(source)) / 1e9
    if not torch.equal(source, target):
        raise AssertionError("a copy on the device changed its data")
    peaks = _peaks(torch, device) if roomy else (None, None)
    return {
        "product": _judge(
            f"{name} product", product, peaks[0], _fair_share(torch, device), "TFLOP/s"
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
    wait = _wait(torch, device)
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


def _wait(torch: Any, device: str) -> Any:
    """What waits for this device, not for the current one."""
    backend = getattr(torch, device.split(":")[0])
    if device.startswith(("cuda", "xpu")):
        return lambda: backend.synchronize(device)
    return getattr(backend, "synchronize", lambda: None)


def _has_room(torch: Any, device: str) -> bool:
    return device.startswith("cuda") and torch.cuda.mem_get_info(device)[0] > ROOM


def _multiplies_bfloat16(torch: Any, device: str) -> bool:
    """Whether its matrix units do; torch itself says yes where it only emulates them, at a tenth of the rate."""
    if not device.startswith("cuda"):
        return False
    if getattr(torch.version, "hip", None):
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cuda.get_device_capability(device) >= (8, 0))


def _fair_share(torch: Any, device: str) -> float:
    """The share of the peak that a product must reach."""
    if not device.startswith("cuda") or torch.cuda.get_device_capability(device) in WITH_HBM:
        return 0.4
    return 0.1 if "GeForce" in str(torch.cuda.get_device_name(device)) else 0.2


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
    if "MIG" in str(told.name) or getattr(told, "is_integrated", False):
        copy = 0.0
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
