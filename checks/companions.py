"""torchvision and torchaudio, where installed, belong to this torch and compute on this device.

What it proves: each imports, names this torch release in its requirements, and one operator of its own compiled
code gives the right answer: non-maximum suppression and pooling of regions for torchvision, a recursive filter for
torchaudio.

How: boxes with overlaps that can be counted by hand; a filter against its written-out recurrence, 64 x eps of
float32. A companion that isn't installed is not looked for; without any, the check is skipped.

A failure ("operator torchvision::nms does not exist", an undefined symbol) means that torch was changed without its
companions: install them together, of the releases that the message names.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import re
import unittest
from typing import Any

SUMMARY = "torchvision and torchaudio belong to this torch and compute"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 60.0


def run(torch: Any, device: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, proof in (("torchvision", _vision), ("torchaudio", _audio)):
        if importlib.util.find_spec(name) is None:
            continue
        _belongs(torch, name)
        try:
            module = importlib.import_module(name)
        except Exception as error:
            raise AssertionError(
                f"{name} can't be imported: {type(error).__name__}: {error}"
            ) from error
        found[name] = str(getattr(module, "__version__", "unknown"))
        try:
            found[f"{name}_error"] = proof(torch, module, device)
        except NotImplementedError:
            if device.startswith(
                ("cpu", "cuda")
            ):  # there it is the sign of another torch's companion
                raise
            found[f"{name}_error"] = "the device has no such operator"
    if not found:
        raise unittest.SkipTest("neither torchvision nor torchaudio is installed")
    return found


def _belongs(torch: Any, name: str) -> None:
    """An exact requirement on torch in the companion's metadata must name this torch."""
    try:
        lines = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return
    mine = str(torch.__version__).split("+")[0]
    for line in lines:
        pin = re.match(r"torch\s*\(?\s*==\s*([0-9][0-9.a-z]*)\s*(?:[);]|$)", line)
        if pin and "extra" not in line and pin.group(1) != mine:
            raise AssertionError(
                f"{name} {importlib.metadata.version(name)} needs torch {pin.group(1)}, this is {mine}"
            )


def _vision(torch: Any, torchvision: Any, device: str) -> str:
    """Boxes 0 and 1 overlap by 81/119, box 2 stands alone, 3 lies within 2 by a quarter."""
    boxes = torch.tensor(
        [[0.0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30], [20, 20, 25, 25]], device=device
    )
    scores = torch.tensor([0.8, 0.9, 0.7, 0.95], device=device)
    for threshold, due in ((0.5, [3, 1, 2]), (0.7, [3, 1, 0, 2]), (0.2, [3, 1])):
        kept = torchvision.ops.nms(boxes, scores, threshold).tolist()
        if kept != due:
            raise AssertionError(f"nms at {threshold} kept boxes {kept}, due {due}")
    ramp = torch.arange(64.0, device=device).reshape(1, 1, 8, 8)
    region = torch.tensor([[0.0, 0, 0, 8, 8]], device=device)
    pooled = (
        torchvision.ops.roi_align(ramp, region, 2, sampling_ratio=2, aligned=True)
        .flatten()
        .tolist()
    )
    due_means = [13.5, 17.5, 45.5, 49.5]
    if max(abs(got - due) for got, due in zip(pooled, due_means)) > 1e-3:
        raise AssertionError(f"roi_align of a ramp gave {pooled}, due {due_means}")
    return "nms and roi_align are right"


def _audio(torch: Any, torchaudio: Any, device: str) -> dict[str, Any]:
    """y[n] = x[n] + 0.5 x[n-1] - 0.25 y[n-1], written out."""
    functional = importlib.import_module("torchaudio.functional")
    x = torch.randn(40, generator=torch.Generator().manual_seed(2)) / 4
    numerator, denominator = torch.tensor([1.0, 0.5]), torch.tensor([1.0, 0.25])
    got = functional.lfilter(
        x.to(device), denominator.to(device), numerator.to(device), clamp=False
    )
    want: list[float] = []
    plain = x.tolist()
    for n, value in enumerate(plain):
        before = (plain[n - 1], want[n - 1]) if n else (0.0, 0.0)
        want.append(value + 0.5 * before[0] - 0.25 * before[1])
    error = max(abs(a - b) for a, b in zip(got.tolist(), want))
    limit = 64 * 2.0**-23
    if not error <= limit:
        raise AssertionError(f"lfilter is off by {error:.3g}, allowed {limit:.3g}")
    return {"value": error, "limit": limit, "unit": "absolute"}
