"""Where deterministic algorithms are demanded, results repeat to the bit, and what can't repeat refuses.

What it proves: the demand (`torch.use_deterministic_algorithms`, `set_deterministic_debug_mode`) takes effect. Sums
into shared places, whose order of addition is otherwise left to chance, and the gradients of an index and of a
convolution come out the same each time; an operation without such an algorithm raises or warns, as asked.

How: 4,096 positive numbers go into seven places by `index_add`, `scatter_add` and the gradient of an index, three
times, equal to the bit, and near the sums in float64. `put_` into one place twice has no deterministic algorithm on
any device. On devices other than CPU, CUDA and ROCm nothing is promised: skipped.

Tolerances: each place gets some 600 terms: 700 x eps of float32, relative, the bound of adding one after the
other.

A failure means that runs here can't be repeated to the bit although that was asked for. Compare seeds (`rng`) first.
"""

from __future__ import annotations

import contextlib
import unittest
import warnings
from typing import Any

SUMMARY = "deterministic algorithms repeat to the bit, and what has none refuses"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 60.0

NUMBERS, PLACES = 4096, 7
LIMIT = 700 * 2.0**-23


def run(torch: Any, device: str) -> dict[str, Any]:
    if not device.startswith(("cpu", "cuda")):
        raise unittest.SkipTest("PyTorch promises determinism on CPU, CUDA and ROCm only")
    generator = torch.Generator().manual_seed(1)
    numbers = torch.rand(NUMBERS, generator=generator)
    places = torch.randint(0, PLACES, (NUMBERS,), generator=generator)
    with _demanded(torch, "error"):
        rounds = [_sums(torch, numbers.to(device), places.to(device)) for _ in range(3)]
        filters = [_filter_gradient(torch, device) for _ in range(3)]
        refused = _warnings_or_error(torch, device)
    _same("the gradient of a convolution's filter", filters)
    for name in rounds[0]:
        _same(name, [sums[name] for sums in rounds])
    with _demanded(torch, "warn"):
        warned = _warnings_or_error(torch, device)
    if not refused.startswith("error: put_") or "warning: put_" not in warned:
        raise AssertionError(
            f"put_ has no deterministic algorithm; an error was due, {refused[:200]!r} came; "
            f"a warning was due, {warned[:200]!r} came"
        )
    return {"repeats": "equal to the bit", "error": _near(torch, rounds[0], numbers, places)}


@contextlib.contextmanager
def _demanded(torch: Any, mode: str) -> Any:
    """Mode `error` or `warn`. Set this way the inductor isn't imported, which takes a second."""
    before = torch.get_deterministic_debug_mode()
    torch.set_deterministic_debug_mode(mode)
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(before)


def _sums(torch: Any, numbers: Any, places: Any) -> dict[str, Any]:
    """The same sums in three ways."""
    empty = torch.zeros(PLACES, device=numbers.device)
    read = empty.clone().requires_grad_(True)
    (read[places] * numbers).sum().backward()
    return {
        "index_add": empty.index_add(0, places, numbers),
        "scatter_add": empty.scatter_add(0, places, numbers),
        "the gradient of an index": read.grad,
    }


def _filter_gradient(torch: Any, device: str) -> Any:
    generator = torch.Generator().manual_seed(2)
    image, kernel = (
        torch.randn(shape, generator=generator).to(device)
        for shape in ((4, 3, 16, 16), (5, 3, 3, 3))
    )
    kernel.requires_grad_(True)
    torch.nn.functional.conv2d(image, kernel).square().sum().backward()
    return kernel.grad


def _same(name: str, results: list[Any]) -> None:
    for again in results[1:]:
        difference = float((again - results[0]).abs().max())
        if difference != 0:  # also where one of them is no number
            raise AssertionError(f"{name} of the same numbers differed by {difference:.3g}")


def _near(torch: Any, sums: dict[str, Any], numbers: Any, places: Any) -> dict[str, Any]:
    exact = torch.zeros(PLACES, dtype=torch.float64).index_add(0, places, numbers.double())
    worst = max(float((got.cpu() / exact - 1).abs().max()) for got in sums.values())
    if not worst <= LIMIT:
        raise AssertionError(f"deterministic sums are off by {worst:.3g}, allowed {LIMIT:.3g}")
    return {"value": worst, "limit": LIMIT, "unit": "relative"}


def _warnings_or_error(torch: Any, device: str) -> str:
    """What writing twice into one place says."""
    place = torch.zeros(2, dtype=torch.int64, device=device)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            torch.zeros(2, device=device).put_(place, torch.ones(2, device=device))
        except RuntimeError as error:
            return f"error: {error}"
    return "; ".join(f"warning: {one.message}" for one in caught) or "nothing"
