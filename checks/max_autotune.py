"""The search for the fastest kernel (`mode="max-autotune"`) ends, and what it picks still computes right.

What it proves: the inductor times several kernels for each product of matrices (its own templates and the library's)
and the chosen ones give the right numbers. It needs more than plain `torch.compile`: on GPUs a Triton whose templates
fit the device, on CPUs a C++ compiler that takes the template of the product.

How: a multi-layer perceptron of two layers in evaluation mode, compiled without CUDA graphs, against the same formula
in float64; nothing compiled earlier answers, for the cache is fresh. That a graph was really compiled is counted.

Tolerances: two products of 128 terms: 512 x eps of float32, relative to the largest value.

Without a C++ compiler (CPU), or Triton and a C compiler (GPU), there is nothing to search with: skipped. A failure
that names a kernel or `No valid triton configs` points at Triton and the GPU (too little shared memory, an architecture
that it doesn't know); where `compile` passes, leave the mode out: it only costs speed.
"""

from __future__ import annotations

import tempfile
import unittest
import unittest.mock
from typing import Any

from ._compilers import environment, require_compilers

ID = "max-autotune"
SUMMARY = "kernels picked by the search for the fastest compute right"
DEVICES = "any"
REQUIRES = ("kernel-launch", "compile")
LEVEL = "deep"
TIMEOUT_S = 600.0

LIMIT = 512 * 2.0**-23
MODE = "max-autotune-no-cudagraphs"


def run(torch: Any, device: str) -> dict[str, Any]:
    if not hasattr(torch, "compile"):
        raise unittest.SkipTest("this torch has no torch.compile (it came with 2.0)")
    if MODE not in _modes(torch):
        raise unittest.SkipTest(f"this torch has no mode {MODE} (it came with 2.1)")
    require_compilers(device)
    with tempfile.TemporaryDirectory() as cache, environment(TORCHINDUCTOR_CACHE_DIR=cache):
        return _compare(torch, device)


def _compare(torch: Any, device: str) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(1)
    shapes = ((64, 128), (128, 128), (128, 32))
    inputs = [torch.randn(*shape, generator=generator) for shape in shapes]
    want = _perceptron(torch, *[t.double() for t in inputs])
    before = _graphs(torch)
    picked = torch.compile(lambda *a: _perceptron(torch, *a), fullgraph=True, mode=MODE)
    try:
        with torch.no_grad():
            got = picked(*[t.to(device) for t in inputs])
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        if "Failed to find C compiler" in told:
            raise unittest.SkipTest("no C compiler on PATH, which Triton needs") from error
        if "too old to be supported by the triton" in told:
            raise unittest.SkipTest("Triton has no kernels for a GPU as old as this one") from error
        raise AssertionError(f"the search for the fastest kernel failed: {told[:1500]}") from error
    compiled = _graphs(torch) - before
    off = float((got.cpu().double() - want).abs().max() / want.abs().max())
    if not off <= LIMIT:
        raise AssertionError(f"the picked kernels are off by {off:.3g}, allowed {LIMIT:.3g}")
    if compiled < 1:
        raise AssertionError("torch.compile ran the function without compiling it")
    return {
        "error": {"value": off, "limit": LIMIT, "unit": "relative"},
        "graphs_compiled": compiled,
        "search": _search(device),
    }


def _perceptron(torch: Any, x: Any, first: Any, second: Any) -> Any:
    return torch.relu(x @ first) @ second


def _search(device: str) -> str:
    """Whether kernels were really tried: on small GPUs the inductor leaves the search out, in silence."""
    from importlib import import_module

    if device == "cpu":
        return "done"
    big = getattr(import_module("torch._inductor.utils"), "is_big_gpu", lambda *_: True)
    try:
        enough = bool(big())
    except TypeError:  # up to 2.6 it takes the index of the device
        enough = bool(big(int(device.partition(":")[2] or 0)))
    return "done" if enough else "left out by torch: the GPU has too few multiprocessors"


def _modes(torch: Any) -> Any:
    inductor = getattr(torch, "_inductor", None) or __import__("torch._inductor")._inductor
    listed = getattr(inductor, "list_mode_options", None)
    return listed() if listed is not None else ()


def _graphs(torch: Any) -> int:
    """How many graphs TorchDynamo has compiled in this process."""
    from importlib import import_module

    counters = import_module("torch._dynamo.utils").counters
    return int(counters["stats"]["unique_graphs"])
