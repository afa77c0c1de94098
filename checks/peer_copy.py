"""Copies between this GPU and every other are byte for byte exact, whichever way they take.

What it proves: peer access over NVLink or PCIe, or the way through the host where there is none.

How: 4 MiB and 3 seeded bytes go to each other GPU of the same kind and back; exact comparison, at both ends. Skipped
with one GPU.

A failure means that training on several GPUs computes with corrupted data: often an IOMMU or ACS setting that breaks
peer transfers (NCCL_P2P_DISABLE=1 avoids them).
"""

from __future__ import annotations

import unittest
from typing import Any

SUMMARY = "copies between GPUs are byte-exact"
DEVICES = "accelerator"
REQUIRES = ("import", "kernel-launch", "transfer")
LEVEL = "deep"
TIMEOUT_S = 120.0

SIZE = 4 * 1024 * 1024 + 3


def run(torch: Any, device: str) -> dict[str, Any]:
    kind = device.split(":")[0]
    count = getattr(getattr(torch, kind), "device_count", lambda: 1)()
    if count < 2:
        raise unittest.SkipTest(f"there is one {kind} device only")
    data = torch.randint(
        0, 256, (SIZE,), dtype=torch.uint8, generator=torch.Generator().manual_seed(6)
    )
    here, peers = data.to(device), []
    for index in range(count):
        other = f"{kind}:{index}"
        if other == device:
            continue
        there = here.to(other)
        _same(torch, f"{device} to {other}", there, data)
        _same(torch, f"{device} to {other} and back", there.to(device), data)
        peers.append(other)
    return {"peers": ", ".join(peers), "bytes": SIZE}


def _same(torch: Any, what: str, got: Any, want: Any) -> None:
    on_host = got.cpu()
    if not torch.equal(on_host, want):
        raise AssertionError(
            f"{what}: {int((on_host != want).sum())} of {SIZE} bytes changed on the way"
        )
