"""An index out of range on the device reaches Python as an error, not as silence or a dead machine.

What it proves: device-side assertions are compiled in and reported, and a new process can use the device afterwards.

How: in a process of its own (an assertion makes the device's context unusable) an embedding of 10 rows is asked for row
11; the process must end by itself with a RuntimeError that names the assertion. Then this process computes again.
A device in a compute mode that takes one process at a time is this process's alone: skipped. So is a GPU on which
others compute, or may do so through an MPS server: there an assertion ends the work of every client (NVIDIA's MPS guide
says so of fatal exceptions), and it leaves a line (Xid) in the kernel's log that monitors act upon.

A failure means that index errors, the commonest bug in data sets, corrupt memory silently here.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from typing import Any

from ._neighbours import shared_by

SUMMARY = "an index out of range on the device raises, and the device lives on"
DEVICES = "accelerator"
REQUIRES = ("import", "kernel-launch")
LEVEL = "deep"
TIMEOUT_S = 150.0

LIMIT_S = 120
SCRIPT = """
import sys, torch
device = sys.argv[1]
table = torch.ones(10, 4, device=device)
try:
    row = torch.nn.functional.embedding(torch.tensor([11], device=device), table)
    torch.cuda.synchronize(device)
except RuntimeError as error:
    sys.stdout.write("RAISED " + str(error))
else:
    sys.stdout.write("SILENT " + str(row))
sys.stdout.flush()
import os
os._exit(0)
"""


def run(torch: Any, device: str) -> dict[str, Any]:
    if not device.startswith("cuda") or getattr(torch.version, "hip", None):
        raise unittest.SkipTest("device-side assertions are looked at on CUDA devices only")
    others = shared_by(torch, device)
    if others is not None:
        raise unittest.SkipTest(
            "an assertion on the device could end the work of others: " + others
        )
    told = _provoke(device)
    if "busy or unavailable" in told:
        raise unittest.SkipTest("the GPU takes one process at a time (compute mode)")
    if not told.startswith("RAISED") or "device-side assert" not in told:
        raise AssertionError(f"row 11 of 10 on {device} gave: {told[:300]}")
    after = (torch.arange(5, device=device) * 2).tolist()
    if after != [0, 2, 4, 6, 8]:
        raise AssertionError(f"after the assertion in another process 2 i is {after}")
    return {"message": told[7:207].splitlines()[0]}


def _provoke(device: str) -> str:
    """What the child said; its end is waited for, and a hang is a failure."""
    argv = [sys.executable, "-c", SCRIPT, device]
    # `python -c` looks for modules in its current folder first, and the user's may hold a torch.py.
    try:
        with tempfile.TemporaryDirectory() as empty:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=LIMIT_S,
                cwd=empty,
            )
    except subprocess.TimeoutExpired:
        return f"no answer within {LIMIT_S} s"
    told = done.stdout.decode("utf-8", "replace")
    return told or f"nothing; the process ended with {done.returncode}"
