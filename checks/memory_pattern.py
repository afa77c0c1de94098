"""Nine tenths of the free memory hold what is written to them: patterns of bits, and each block its own numbers.

What it proves: the memory chips and their lines keep every bit for some seconds, and no two addresses are the same.

How: blocks of 256 MiB until nine tenths of what is free are taken. Each is filled with a pattern (all ones, alternating
bits, all zeros last, so that the memory isn't left with secrets of ours) and read back whole, then with numbers that
differ from block to block, which are read back after all are written. Exact comparison on the device.

Left out where other processes compute on the device or may do so (MPS), since they would run out of memory, and where
the device doesn't tell how much is free. A lack of room in the middle of it ends the filling, and is told.

A failure means that memory loses bits: look at ECC counters (`nvidia-smi -q -d ECC,ROW_REMAPPER`), and take the device
out of service.
"""

from __future__ import annotations

import unittest
from typing import Any

from ._device import OUT_OF_MEMORY, room, settle
from ._neighbours import shared_by

ID = "memory-pattern"
SUMMARY = "nine tenths of the free memory hold the patterns written to them"
DEVICES = "accelerator"
REQUIRES = ("import", "kernel-launch", "memory")
LEVEL = "deep"
TIMEOUT_S = 240.0

BLOCK = 2**28 // 4
"""Elements of a block: 256 MiB of int32."""
SHARE = 0.9
PATTERNS = (-1, 0x55555555, ~0x55555555, 0)
KNUTH = 2654435761 - 2**32
"""A multiplier that spreads the numbers of blocks over all bits."""


def run(torch: Any, device: str) -> dict[str, Any]:
    if device.startswith("cuda"):
        others = shared_by(torch, device)
        if others is not None:
            raise unittest.SkipTest("it would take memory from others: " + others)
    free, total = room(torch, device)
    if free is None:
        raise unittest.SkipTest("the device doesn't tell how much memory is free")
    blocks = _taken(torch, device, int(free * SHARE) // (4 * BLOCK))
    if not blocks:
        raise unittest.SkipTest(f"only {free / 2**30:.2f} GiB are free, less than a block")
    try:
        for pattern in PATTERNS:
            _holds(torch, blocks, [pattern] * len(blocks))
        _holds(torch, blocks, [_own_number(i) for i in range(len(blocks))])
    finally:
        count = len(blocks)
        blocks.clear()
        _give_back(torch, device)
    return {
        "tested": {"value": count * 4 * BLOCK / 2**30, "unit": "GiB"},
        "free": {"value": free / 2**30, "unit": f"GiB of {(total or 0) / 2**30:.1f}"},
    }


def _taken(torch: Any, device: str, count: int) -> list[Any]:
    """As many blocks as there is room for, at most `count`."""
    blocks: list[Any] = []
    for _ in range(count):
        try:
            blocks.append(torch.empty(BLOCK, dtype=torch.int32, device=device))
        except RuntimeError as error:
            if not OUT_OF_MEMORY.search(f"{type(error).__name__} {error}"):
                raise
            break  # somebody else took it meanwhile
    return blocks


def _own_number(index: int) -> int:
    number = (index + 1) * KNUTH % 2**32
    return number - 2**32 if number >= 2**31 else number


def _holds(torch: Any, blocks: list[Any], values: list[int]) -> None:
    """Writes all blocks, then reads all: what overlaps would be overwritten by then."""
    for block, value in zip(blocks, values):
        block.fill_(value)
    for number, (block, value) in enumerate(zip(blocks, values)):
        wrong = int((block != value).sum())
        if wrong:
            raise AssertionError(
                f"block {number} of {len(blocks)} (256 MiB each) lost the pattern "
                f"{value & 0xFFFFFFFF:#010x} in {wrong} of {BLOCK} words"
            )


def _give_back(torch: Any, device: str) -> None:
    """Returns the memory to the device at once, not at the end of the process."""
    backend = getattr(torch, device.split(":")[0])
    getattr(backend, "empty_cache", lambda: None)()
    settle(torch, device)
