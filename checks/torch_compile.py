"""Compiled functions equal the uncompiled ones, forward and backward, for changing shapes, in one graph.

What it proves: TorchDynamo, AOTAutograd, the inductor, and the compiler behind it (a C++ compiler for the CPU, Triton
for GPUs) work together here.

How: a small function of elementwise steps, a product and a reduction, compiled with `fullgraph=True` (a graph break
raises) and `dynamic=True`, for three batch sizes; result and gradients against the uncompiled function in float64.
The cache lies in a fresh folder, so that nothing compiled earlier answers.

Tolerances: 20-term sums through six steps: 512 x eps of float32, relative to the largest value.

Without a C++ compiler (CPU), or Triton and a C compiler (GPU), there is nothing to compile with: skipped. A failure
usually means a compiler or Python headers that don't work (CPU), or a Triton that doesn't fit (GPU); the message holds
the compiler's words. Eager mode is not affected.
"""

from __future__ import annotations

import tempfile
import unittest
import unittest.mock
from typing import Any

from ._compilers import environment, require_compilers

ID = "compile"
SUMMARY = "compiled functions equal eager ones, forward and backward, for changing shapes"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch", "autograd")
LEVEL = "deep"
TIMEOUT_S = 300.0

LIMIT = 512 * 2.0**-23


def run(torch: Any, device: str) -> dict[str, Any]:
    if not hasattr(torch, "compile"):
        raise unittest.SkipTest("this torch has no torch.compile (it came with 2.0)")
    require_compilers(device)
    with tempfile.TemporaryDirectory() as cache, environment(TORCHINDUCTOR_CACHE_DIR=cache):
        return _compare(torch, device)


def _function(torch: Any, x: Any, w: Any) -> Any:
    hidden = torch.sin(x @ w) + torch.sigmoid(x).sum(1, keepdim=True)
    return (hidden * hidden.mean(0)).cumsum(1)


def _compare(torch: Any, device: str) -> dict[str, Any]:
    def function(x: Any, w: Any) -> Any:
        return _function(torch, x, w)

    try:
        compiled = torch.compile(function, fullgraph=True, dynamic=True)
    except RuntimeError as error:
        # Before anything is compiled it refuses a Python or a system that is too new, or not its own.
        if "supported" not in str(error):
            raise
        raise unittest.SkipTest(str(error)) from error
    generator = torch.Generator().manual_seed(1)
    worst = 0.0
    for rows in (5, 8, 13):
        inputs = [torch.randn(*shape, generator=generator) for shape in ((rows, 20), (20, 6))]
        fast = [t.to(device).clone().requires_grad_(True) for t in inputs]
        slow = [t.double().requires_grad_(True) for t in inputs]
        try:
            got = compiled(*fast)
            got.sum().backward()
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            if "Failed to find C compiler" in told:
                raise unittest.SkipTest("no C compiler on PATH, which Triton needs") from error
            if "too old to be supported by the triton" in told:
                raise unittest.SkipTest(
                    "Triton has no kernels for a GPU as old as this one"
                ) from error
            raise AssertionError(f"compiling or running for {rows} rows: {told[:1500]}") from error
        want = function(*slow)
        want.sum().backward()
        pairs = [(got, want), *((a.grad, b.grad) for a, b in zip(fast, slow))]
        worst = max(worst, *(_accept(rows, *pair) for pair in pairs))
    return {"error": {"value": worst, "limit": LIMIT, "unit": "relative"}}


def _accept(rows: int, got: Any, want: Any) -> float:
    error = float(
        (got.detach().cpu().double() - want.detach()).abs().max() / want.detach().abs().max()
    )
    if not error <= LIMIT:
        raise AssertionError(f"compiled for {rows} rows: off by {error:.3g}, allowed {LIMIT:.3g}")
    return error
