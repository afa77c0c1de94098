"""Mixed precision: autocast takes the right dtype for each kind of operation, values hold, GradScaler guards.

What it proves: inside autocast a product comes in bfloat16 (float16 too on CUDA) with that dtype's accuracy, and
a loss stays float32; outside nothing changes; a training under autocast learns; a GradScaler hands the optimizer
the unscaled gradient, skips a step with an infinite gradient, and halves its scale then.

How: products against float64 on the CPU; the scaler against numbers set by hand, exactly (its factors are powers of
two).

Tolerances: eps of the 16-bit dtype twice over (inputs rounded, result rounded), relative to the result's norm.
The training must fall to half its first loss.

A failure means that mixed-precision training gives wrong numbers here; train in float32.
"""

from __future__ import annotations

import unittest
from typing import Any

from ._numbers import draw

SUMMARY = "autocast takes the right dtypes, its values hold, GradScaler guards the step"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 60.0


def run(torch: Any, device: str) -> dict[str, Any]:
    kind = device.split(":")[0]
    names = ("bfloat16", "float16") if kind in ("cuda", "xpu", "mps") else ("bfloat16",)
    found: dict[str, Any] = {}
    for name in names:
        dtype = getattr(torch, name)
        if _offered(torch, device, dtype):
            found[f"{name}_error"] = _values(torch, device, dtype)
            found[f"{name}_loss"] = _training(torch, device, dtype)
    if not found:
        raise unittest.SkipTest(
            f"this torch has no autocast for {kind}, or the device no 16-bit products"
        )
    found["scaler"] = _scaler(torch, device)
    return found


def _offered(torch: Any, device: str, dtype: Any) -> bool:
    """Whether autocast takes this device and the device multiplies in this dtype."""
    kind = device.split(":")[0]
    bf16 = getattr(getattr(torch, kind, None), "is_bf16_supported", None)
    if dtype == torch.bfloat16 and bf16 is not None and not bf16():
        return False
    try:
        with torch.autocast(device_type=kind, dtype=dtype):
            torch.ones(2, 2, dtype=dtype, device=device) @ torch.ones(
                2, 2, dtype=dtype, device=device
            )
    except (RuntimeError, TypeError):  # a TypeError is how MPS refuses bfloat16 before macOS 14
        return False
    return True


def _values(torch: Any, device: str, dtype: Any) -> dict[str, Any]:
    a, b = draw(torch, 1, torch.float32, 24, 40), draw(torch, 2, torch.float32, 40, 16)
    on_a, on_b = a.to(device), b.to(device)
    with torch.autocast(device_type=device.split(":")[0], dtype=dtype):
        product = on_a @ on_b
        loss = torch.nn.functional.mse_loss(product, torch.zeros_like(product))
        with torch.autocast(device_type=device.split(":")[0], enabled=False):
            inner = on_a @ on_b
    outside = on_a @ on_b
    seen = [str(t.dtype) for t in (product, loss, inner, outside)]
    due = [str(dtype), "torch.float32", "torch.float32", "torch.float32"]
    if seen != due:
        raise AssertionError(f"product, loss, disabled and outside have {seen}, due {due}")
    exact = (a.double()[:, :, None] * b.double()[None]).sum(1)
    error = float((product.detach().cpu().double() - exact).norm() / exact.norm())
    limit = 2 * torch.finfo(dtype).eps
    if not error <= limit:
        raise AssertionError(
            f"a product under autocast to {dtype} is off by {error:.3g}, allowed {limit:.3g}"
        )
    return {"value": error, "limit": limit, "unit": "relative"}


def _training(torch: Any, device: str, dtype: Any) -> list[float]:
    """A linear map learned in 20 steps; its weights stay float32."""
    x = draw(torch, 3, torch.float32, 64, 8).to(device)
    goal = draw(torch, 4, torch.float32, 8, 4).to(device)
    wanted = x @ goal
    weight = torch.zeros(8, 4, device=device, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.5)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        with torch.autocast(device_type=device.split(":")[0], dtype=dtype):
            loss = torch.nn.functional.mse_loss(x @ weight, wanted)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    if weight.grad.dtype != torch.float32 or not losses[-1] <= losses[0] / 2:
        raise AssertionError(
            f"{weight.grad.dtype} gradients; loss from {losses[0]:.4g} to {losses[-1]:.4g}"
        )
    return losses[::5]


def _make_scaler(torch: Any, kind: str) -> Any:
    """torch.amp.GradScaler (2.3), the older one on CUDA, else None."""
    options = {"init_scale": 256.0, "growth_interval": 1000}
    newer = getattr(torch.amp, "GradScaler", None)
    if newer is not None and kind in ("cpu", "cuda", "xpu"):
        return newer(kind, **options)
    return torch.cuda.amp.GradScaler(**options) if kind == "cuda" else None


def _has_float64(torch: Any, device: str) -> bool:
    """GradScaler computes the inverse scale in it on all devices but MPS (amp/grad_scaler.py)."""
    if device.startswith("mps"):
        return True
    try:
        return bool(torch.ones(1, device=device).double().item() == 1.0)
    except (RuntimeError, TypeError):  # "Required aspect fp64 is not supported on the device" (Arc)
        return False


def _scaler(torch: Any, device: str) -> str:
    scaler = _make_scaler(torch, device.split(":")[0])
    if scaler is None:
        return "this torch has no GradScaler for the device"
    if not _has_float64(torch, device):
        return "GradScaler needs float64, which this device lacks"
    weight = torch.full((2,), 3.0, device=device, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.5)
    scaler.scale((weight * weight).sum()).backward()
    if weight.grad.tolist() != [1536.0, 1536.0]:
        raise AssertionError(f"gradient 6 scaled by 256 is {weight.grad.tolist()}, not 1536")
    scaler.step(optimizer)
    scaler.update()
    if weight.tolist() != [0.0, 0.0]:
        raise AssertionError(
            f"a step of 0.5 times the gradient 6 from 3 led to {weight.tolist()}, not 0"
        )
    optimizer.zero_grad()
    scaler.scale((weight * float("inf") + weight).sum()).backward()
    scaler.step(optimizer)
    scaler.update()
    if weight.tolist() != [0.0, 0.0] or scaler.get_scale() != 128.0:
        raise AssertionError(
            f"after an infinite gradient: weights {weight.tolist()} (due 0), scale {scaler.get_scale()} (due 128)"
        )
    return "scaled, unscaled, skipped and halved as documented"
