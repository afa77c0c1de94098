"""Inputs and comparisons that several checks share. Imported by them, in the target."""

from __future__ import annotations

from typing import Any


def draw(torch: Any, seed: int, dtype: Any, *shape: int) -> Any:
    """Normal numbers of size one on the CPU, the same for a seed, rounded from float64 to `dtype`."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)


def leaf(exact: Any, device: str, dtype: Any) -> Any:
    """A copy on the device that takes a gradient."""
    return exact.to(dtype).to(device).clone().requires_grad_(True)


def computes_in(torch: Any, device: str, dtype: Any) -> bool:
    """Whether the device takes this dtype at all; whether it computes right is not asked here."""
    try:
        (torch.ones(2, dtype=dtype, device=device) + 1).sum().item()
    except (RuntimeError, TypeError):
        return False
    return True


def widest(torch: Any, device: str) -> Any:
    """float64 where the device computes it (Apple's and some of Intel's GPUs don't), else float32."""
    return torch.float64 if computes_in(torch, device, torch.float64) else torch.float32


def largest_error(got: Any, want: Any) -> float:
    """Largest difference from float64; infinite where there is a NaN, which would slip through a comparison."""
    error = float((got.detach().cpu().double() - want).abs().max())
    return error if error == error else float("inf")


def hold(name: str, error: float, limit: float, unit: str = "absolute") -> dict[str, Any]:
    """The measurement. Raises AssertionError where the error is above its limit, or no number."""
    if not error <= limit:
        raise AssertionError(f"{name}: off by {error:.3g}, allowed {limit:.3g}")
    return {"value": error, "limit": limit, "unit": unit}
