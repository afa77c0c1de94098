"""A CUDA graph, captured once, computes with new inputs on every replay.

What it proves: capture, replay, and the private memory of graphs, for an elementwise kernel and a product.

How: whole numbers small enough for exact float32 results; three replays with different inputs, each compared with
the same computed on the CPU, exactly.

A failure means that inference servers and `torch.compile(mode="reduce-overhead")` can't be used here.
"""

from __future__ import annotations

import os
import unittest
from typing import Any

SUMMARY = "a captured graph replays with new inputs"
DEVICES = "accelerator"
REQUIRES = ("import", "kernel-launch", "streams")
LEVEL = "standard"
TIMEOUT_S = 60.0

SIZE = 32


def run(torch: Any, device: str) -> dict[str, Any]:
    if not device.startswith("cuda"):
        raise unittest.SkipTest("graphs are looked at on CUDA and ROCm devices only")
    if os.environ.get("CUDA_LAUNCH_BLOCKING", "0") not in ("", "0"):
        raise unittest.SkipTest("CUDA_LAUNCH_BLOCKING is set: launches that wait can't be captured")
    generator = torch.Generator().manual_seed(3)
    inputs = [torch.randint(-8, 9, (SIZE, SIZE), generator=generator).float() for _ in range(4)]
    weight = inputs.pop()
    with torch.cuda.device(device):
        slot, on_weight = torch.zeros_like(weight).to(device), weight.to(device)
        graph, out = _capture(torch, slot, on_weight)
        for number, x in enumerate(inputs):
            slot.copy_(x)
            graph.replay()
            torch.cuda.synchronize(device)
            _same(number, out.cpu(), (x * 2 + 1) @ weight)
    return {"replays": len(inputs)}


def _capture(torch: Any, slot: Any, weight: Any) -> tuple[Any, Any]:
    """Warmed up on a side stream, as torch asks for, then captured."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(2):
            (slot * 2 + 1) @ weight
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        out = (slot * 2 + 1) @ weight
    return graph, out


def _same(number: int, got: Any, want: Any) -> None:
    error = float((got - want).abs().max())
    if not error == 0:
        raise AssertionError(f"replay {number} is off by {error:g} from the same on the CPU, due 0")
