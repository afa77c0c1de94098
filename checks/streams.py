"""Streams run their work in order, wait for each other where told, and events mark time.

What it proves: a side stream that waits for the main one sees its results, and the other way round; events are
recorded, become done, and measure a time above zero.

How: twenty dependent products of small whole numbers hop between two streams with an event at each hop; the result
is known exactly.

A failure means that overlapping work (data loading, distributed training) computes with unfinished data.
"""

from __future__ import annotations

import unittest
from typing import Any

SUMMARY = "work on two streams is ordered by events and gives exact results"
DEVICES = "accelerator"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 60.0

HOPS = 20
SIZE = 256


def run(torch: Any, device: str) -> dict[str, Any]:
    backend = getattr(torch, device.split(":")[0])
    if not hasattr(backend, "Stream"):
        raise unittest.SkipTest(f"torch has no streams for {device}")
    streams = [backend.current_stream(device), backend.Stream(device)]
    first, last = (backend.Event(enable_timing=True) for _ in range(2))
    turn = torch.roll(torch.eye(SIZE), 1, 0).to(device)
    value = torch.arange(float(SIZE)).to(device)
    first.record(streams[0])
    value = _hop(torch, backend, streams, turn, value)
    last.record(streams[0])
    last.synchronize()
    due = [float((i - HOPS) % SIZE + HOPS) for i in range(SIZE)]
    if value.tolist() != due:
        wrong = [i for i, (a, b) in enumerate(zip(value.tolist(), due)) if a != b]
        raise AssertionError(
            f"{len(wrong)} of {SIZE} numbers are wrong after {HOPS} hops between streams"
        )
    elapsed = float(first.elapsed_time(last))
    if not (last.query() and elapsed > 0):
        raise AssertionError(
            f"the event is done: {last.query()}, time between events: {elapsed} ms, due above 0"
        )
    return {"elapsed": {"value": elapsed, "unit": "ms"}, "hops": HOPS}


def _hop(torch: Any, backend: Any, streams: list[Any], turn: Any, value: Any) -> Any:
    """Each hop turns the vector by one place and adds one, on the other stream, after an event."""
    done = streams[0].record_event()
    for hop in range(HOPS):
        stream = streams[(hop + 1) % 2]
        stream.wait_event(done)
        with backend.stream(stream):
            value = (turn * value).sum(1) + 1
            value.record_stream(streams[hop % 2])
        done = stream.record_event()
    streams[0].wait_event(done)
    return value
