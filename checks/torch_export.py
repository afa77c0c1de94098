"""An exported program gives the numbers of the module it was made of, for another batch size, and after a file.

What it proves: `torch.export` captures a module with a dynamic dimension; the captured program computes the same;
saved and loaded it still does.

How: a two-layer network with seeded weights; the program is run with a batch size that it wasn't traced with and
compared with the module, 64 x eps of float32 relative to the largest value.

A failure means that deployment by export is broken here; training and eager inference are not affected.
"""

from __future__ import annotations

import io
import unittest
from typing import Any

ID = "export"
SUMMARY = "an exported program equals its module, after saving and loading too"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "deep"
TIMEOUT_S = 180.0

LIMIT = 64 * 2.0**-23


def run(torch: Any, device: str) -> dict[str, Any]:
    export = getattr(torch, "export", None)
    if not all(hasattr(export, name) for name in ("export", "Dim", "save", "load")):
        raise unittest.SkipTest(
            "this torch has no torch.export with dynamic dimensions (it came with 2.2)"
        )
    export = torch.export
    generator = torch.Generator().manual_seed(5)
    model = _model(torch, generator).to(device)
    traced, other = (torch.randn(rows, 6, generator=generator).to(device) for rows in (4, 9))
    program = export.export(
        model, (traced,), dynamic_shapes=({0: export.Dim("rows", min=2, max=64)},)
    )
    buffer = io.BytesIO()
    export.save(program, buffer)
    buffer.seek(0)
    loaded = export.load(buffer)
    with torch.no_grad():
        want = model(other)
        errors = {
            "exported_error": _accept("exported", program.module()(other), want),
            "loaded_error": _accept("loaded", loaded.module()(other), want),
        }
    return {
        name: {"value": error, "limit": LIMIT, "unit": "relative"} for name, error in errors.items()
    }


def _model(torch: Any, generator: Any) -> Any:
    nn = torch.nn
    model = nn.Sequential(nn.Linear(6, 10), nn.Tanh(), nn.Linear(10, 3))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return model


def _accept(what: str, got: Any, want: Any) -> float:
    if got.shape != want.shape:
        raise AssertionError(
            f"the {what} program gave shape {tuple(got.shape)}, due {tuple(want.shape)}"
        )
    error = float((got - want).abs().max() / want.abs().max())
    if not error <= LIMIT:
        raise AssertionError(f"the {what} program is off by {error:.3g}, allowed {LIMIT:.3g}")
    return error
