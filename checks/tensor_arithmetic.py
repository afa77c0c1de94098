"""Elementwise arithmetic, broadcasting, strides, reductions and special values are right in every dtype.

What it proves: +, -, *, / round correctly; integers wrap and divide as documented; broadcasting and strided
views address the right elements; reductions see every element once; NaN and infinity behave as IEEE 754 says.

How: 1,037 seeded numbers per dtype (a prime-like size, so vector loops and their tails both run), against
float64 on the CPU or against Python's own integers.

Tolerances: one operation is rounded once: 2 x eps relative to the result (half an eps would do; GPUs may divide
with one more). Functions such as exp and sin: 16 x eps. A sum of n numbers: n x eps x the sum of their sizes, which no
order of adding can exceed. Integers, views and comparisons: exact.

A failure means wrong machine code for this processor, a broken library, or broken hardware.
"""

from __future__ import annotations

import math
from typing import Any

from ._numbers import computes_in, draw, hold

SUMMARY = "arithmetic, broadcasting, strides, reductions and NaN rules hold in every dtype"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 30.0

SIZE = 1037


def run(torch: Any, device: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("float64", "float32", "bfloat16", "float16"):
        dtype = getattr(torch, name)
        if computes_in(torch, device, dtype):
            found[f"{name}_error"] = _four_operations(torch, device, dtype)
            found[f"{name}_sum_error"] = _sums(torch, device, dtype)
    if "float32_error" not in found:
        raise AssertionError("the device computes no float32")
    found["function_error"] = _functions(torch, device)
    for name in ("int64", "int32", "int16", "int8", "uint8"):
        _integers(torch, device, getattr(torch, name))
    _views(torch, device)
    _orders(torch, device)
    _special_values(torch, device)
    return found


def _largest(errors: Any) -> float:
    """The largest of them; infinite where there is a NaN, which would slip through a comparison."""
    error = float(errors.max())
    return error if error == error else math.inf


def _exact(what: str, got: Any, want: Any) -> None:
    if got != want:
        raise AssertionError(f"{what}: got {str(got)[:200]}, due {str(want)[:200]}")


def _four_operations(torch: Any, device: str, dtype: Any) -> dict[str, Any]:
    a, b = draw(torch, 1, dtype, SIZE), draw(torch, 2, dtype, SIZE)
    b = torch.where(b.abs() < 0.1, torch.ones_like(b), b)
    on_a, on_b = a.to(device), b.to(device)
    x, y = a.double(), b.double()
    pairs = ((on_a + on_b, x + y), (on_a - on_b, x - y), (on_a * on_b, x * y), (on_a / on_b, x / y))
    tiny = torch.finfo(dtype).tiny
    worst = 0.0
    for got, want in pairs:
        error = (got.cpu().double() - want).abs() / want.abs().clamp(min=tiny * 1024)
        worst = max(worst, _largest(error))
    return hold(f"+ - * / in {dtype}", worst, 2 * torch.finfo(dtype).eps, "relative")


def _sums(torch: Any, device: str, dtype: Any) -> dict[str, Any]:
    """Sums by row, by column and in all; the result's own rounding counts one eps more."""
    a = draw(torch, 3, dtype, 17, 61)
    on = a.to(device)
    limit = (a.numel() + 1) * torch.finfo(
        torch.float32 if torch.finfo(dtype).bits == 16 else dtype
    ).eps
    limit += torch.finfo(dtype).eps
    worst = 0.0
    exact = a.double()
    for got, dims in ((on.sum(), (0, 1)), (on.sum(0), (0,)), (on.sum(1), (1,))):
        error = (got.cpu().double() - exact.sum(dims)).abs() / exact.abs().sum(dims)
        worst = max(worst, _largest(error))
    mean = float(on.abs().mean()) * a.numel() / float(exact.abs().sum())
    return hold(f"sums in {dtype}", max(worst, abs(mean - 1)), limit, "relative")


def _functions(torch: Any, device: str) -> dict[str, Any]:
    """float32 functions against the same in float64 and, at one point each, Python's math."""
    x = draw(torch, 4, torch.float32, SIZE)
    worst = 0.0
    for name in ("exp", "sin", "cos", "tanh", "erf", "sigmoid", "atan"):
        function = getattr(torch, name)
        got, want = function(x.to(device)).cpu().double(), function(x.double())
        worst = max(worst, _largest((got - want).abs() / want.abs().clamp(min=1)))
    for name in ("log", "sqrt", "rsqrt"):
        function, positive = getattr(torch, name), x.abs() + 0.25
        got, want = function(positive.to(device)).cpu().double(), function(positive.double())
        worst = max(worst, _largest((got - want).abs() / want.abs().clamp(min=1)))
    for name in ("exp", "sin", "cos", "tanh", "erf", "log", "sqrt"):
        got = float(getattr(torch, name)(torch.full((9,), 0.75, device=device))[4])
        worst = max(worst, abs(got - getattr(math, name)(0.75)))
    return hold("functions in float32", worst, 16 * torch.finfo(torch.float32).eps, "relative")


def _integers(torch: Any, device: str, dtype: Any) -> None:
    """Small numbers exactly as Python computes them, then the wrap at the top of the range."""
    low = 1 if dtype == torch.uint8 else -9
    a = list(range(low, low + 11)) * 3
    b = [i % 5 + 1 for i in range(len(a))]
    on_a, on_b = (torch.tensor(v, dtype=dtype).to(device) for v in (a, b))
    pairs = list(zip(a, b))
    _exact(f"{dtype} +", (on_a + on_b).tolist(), [x + y for x, y in pairs])
    _exact(f"{dtype} *", (on_a * on_b).tolist(), [x * y for x, y in pairs])
    floor = torch.div(on_a, on_b, rounding_mode="floor")
    _exact(f"{dtype} floor division", floor.tolist(), [x // y for x, y in pairs])
    _exact(f"{dtype} remainder", torch.remainder(on_a, on_b).tolist(), [x % y for x, y in pairs])
    _exact(f"{dtype} sum", int(on_a.sum()), sum(a))
    info = torch.iinfo(dtype)
    top = torch.tensor([info.max], dtype=dtype).to(device) + 1
    _exact(f"{dtype} maximum plus one", top.tolist(), [info.min])


def _views(torch: Any, device: str) -> None:
    """Broadcasting, transposes, steps and flips address what Python's indices address."""
    column, row = torch.arange(7, device=device)[:, None], 10 * torch.arange(5, device=device)
    table = column + row
    due = [[i + 10 * j for j in range(5)] for i in range(7)]
    _exact("broadcast sum", table.tolist(), due)
    turned = [[due[i][j] for i in range(7)] for j in range(5)]
    _exact("transpose", (table.t() + 0).tolist(), turned)
    _exact("steps", table[1::2, ::3].contiguous().tolist(), [line[::3] for line in due[1::2]])
    _exact("flip", table.flip(1).tolist(), [line[::-1] for line in due])
    _exact("reshape", table.t().reshape(-1).tolist(), [v for line in turned for v in line])
    table[2:4].mul_(-1)
    _exact("change through a view", table[:, 1].tolist(), [10, 11, -12, -13, 14, 15, 16])
    mask = table > 20
    _exact("mask", table[mask].tolist(), [v for line in table.tolist() for v in line if v > 20])
    _exact("promotion", str((column + 0.5).dtype), str(torch.get_default_dtype()))


def _orders(torch: Any, device: str) -> None:
    """Maximum, position, order, running sum: against Python's own over distinct numbers."""
    generator = torch.Generator().manual_seed(5)
    values = torch.randperm(SIZE, generator=generator)
    on, plain = values.to(device).float(), [float(v) for v in values.tolist()]
    _exact("max", float(on.max()), max(plain))
    _exact("argmax", int(on.argmax()), plain.index(max(plain)))
    _exact("argmin", int(on.argmin()), plain.index(min(plain)))
    _exact("sort", on.sort()[0].tolist(), sorted(plain))
    running = torch.cumsum(values.to(device).to(torch.int32), 0).tolist()
    _exact("running sum", running, _running(values.tolist()))
    _exact(
        "index_select",
        on[torch.tensor([3, 1, 3], device=device)].tolist(),
        [plain[i] for i in (3, 1, 3)],
    )


def _running(values: list[int]) -> list[int]:
    total, sums = 0, []
    for value in values:
        total += value
        sums.append(total)
    return sums


def _special_values(torch: Any, device: str) -> None:
    """NaN spreads and equals nothing; infinities keep their sign; 0/0 is NaN."""
    inf, nan = math.inf, math.nan
    a = torch.tensor([1.0, -1.0, 0.0, inf, -inf, nan], device=device)
    _exact(
        "x / 0", [str(v) for v in (a / 0.0).tolist()], ["inf", "-inf", "nan", "inf", "-inf", "nan"]
    )
    _exact("inf - inf", bool((a[3] - a[3]).isnan()), True)
    _exact("nan == nan", (a == a).tolist(), [True] * 5 + [False])
    _exact("isfinite", torch.isfinite(a).tolist(), [True] * 3 + [False] * 3)
    _exact("maximum with NaN", str(float(a.max())), "nan")
    _exact("sum with NaN", str(float(a.sum())), "nan")
    _exact("sign of -0", math.copysign(1, float(a[1] * 0)), -1.0)
