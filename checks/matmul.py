"""Matrix products are right: every dtype, odd sizes, transposes, batches, against float64.

What it proves: BLAS, cuBLAS and their like compute what they should, for shapes that don't fit their tiles,
and in the precision that the dtype promises: TensorFloat-32 in a float32 product is seen.

How: seeded normal numbers, the reference in float64 on the CPU by multiplication and sum (not by a product of
the same library) for the small shapes, by a float64 product for the larger ones.

Tolerances: float32 and float64, elementwise: n x eps x (|A| |B|), which no order of summation can exceed; a
product with TensorFloat-32's 10 bits is 30 times outside it. bfloat16 and float16: eps relative to the norm of the
result (each element is rounded once, by at most eps / 2). Integers: exact.

A failure means a wrong or mismatched BLAS, a precision switch forced from outside (NVIDIA_TF32_OVERRIDE), or
broken hardware.
"""

from __future__ import annotations

from typing import Any

from ._numbers import draw

SUMMARY = "matrix products in every dtype and layout equal float64"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 30.0

ROWS, INNER, COLUMNS = 33, 65, 17


def run(torch: Any, device: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("float32", "float64", "bfloat16", "float16"):
        error = _one_dtype(torch, device, getattr(torch, name))
        if error is not None:
            found[f"{name}_error"] = error
    if "float32_error" not in found:
        raise AssertionError("the device multiplies no float32 matrices")
    found["large_error"] = _large(torch, device)
    found["addmm_error"] = _scaled_and_added(torch, device)
    if device == "cpu":
        _integers(torch)
        found["mkl"] = torch.backends.mkl.is_available()
    return found


def _one_dtype(torch: Any, device: str, dtype: Any) -> dict[str, Any] | None:
    """Worst of all layouts; None where this device has no product in this dtype."""
    a, b = draw(torch, 1, dtype, 3, ROWS, INNER), draw(torch, 2, dtype, 3, INNER, COLUMNS)
    try:
        on_a, on_b = a.to(device), b.to(device)
        results = _layouts(torch, on_a, on_b)
    except (RuntimeError, TypeError) as error:
        if _unsupported(str(error)):
            return None
        raise
    exact = (a.double()[..., None] * b.double()[:, None]).sum(2)
    sizes = (a.double().abs()[..., None] * b.double().abs()[:, None]).sum(2)
    measured = [
        _error(torch, got.cpu().double(), exact[pick], sizes[pick], dtype) for got, pick in results
    ]
    worst, limit = max(measured, key=lambda pair: (pair[0] != pair[0], pair[0]))
    if not worst <= limit:
        raise AssertionError(f"products in {dtype}: error {worst:.3g}, allowed {limit:.3g}")
    return {"value": worst, "limit": limit, "unit": "relative"}


def _unsupported(message: str) -> bool:
    words = (
        "not implemented",
        "not supported",  # cuBLAS: CUBLAS_STATUS_NOT_SUPPORTED
        "arch mismatch",
        "doesn't support",
        "does not support",
        "not have support",
    )
    told = message.lower().replace("_", " ")
    return any(word in told for word in words)


def _layouts(torch: Any, a: Any, b: Any) -> list[tuple[Any, Any]]:
    """Products of the same numbers in other layouts, each with the part of the result that it is."""
    a_turned = a.transpose(1, 2).contiguous().transpose(1, 2)
    b_turned = b.transpose(1, 2).contiguous().transpose(1, 2)
    return [
        (torch.matmul(a[0], b[0]), 0),
        (torch.matmul(a_turned[0], b[0]), 0),
        (torch.matmul(a[0], b_turned[0]), 0),
        (torch.matmul(a_turned[1], b_turned[1]), 1),
        (torch.bmm(a, b), slice(None)),
        (torch.matmul(a_turned, b_turned), slice(None)),
        (torch.einsum("bij,bjk->bik", a, b), slice(None)),
        (torch.mv(a[2], b[2, :, 3].contiguous()), (2, slice(None), 3)),
    ]


def _error(torch: Any, got: Any, want: Any, sizes: Any, dtype: Any) -> tuple[float, float]:
    """Error and limit: elementwise for float32 and float64, of the norm for 16-bit results."""
    eps = torch.finfo(dtype).eps
    if dtype in (torch.float32, torch.float64):
        return float(((got - want).abs() / sizes).max()), INNER * eps
    return float((got - want).norm() / want.norm()), eps


def _large(torch: Any, device: str) -> dict[str, Any]:
    """A size at which libraries switch to blocked kernels; 64 terms so that the limit stays sharp."""
    a, b = draw(torch, 3, torch.float32, 259, 64), draw(torch, 4, torch.float32, 64, 261)
    got = (a.to(device) @ b.to(device)).cpu().double()
    error = ((got - a.double() @ b.double()).abs() / (a.double().abs() @ b.double().abs())).max()
    limit = 64 * torch.finfo(torch.float32).eps
    if not float(error) <= limit:
        raise AssertionError(
            f"259 x 64 x 261 in float32: error {float(error):.3g}, allowed {limit:.3g}"
        )
    return {"value": float(error), "limit": limit, "unit": "relative"}


def _scaled_and_added(torch: Any, device: str) -> dict[str, Any]:
    """beta * M + alpha * A @ B with both factors unlike 0 and 1."""
    a, b, m = (draw(torch, 5 + i, torch.float32, 19, 19) for i in range(3))
    got = torch.addmm(m.to(device), a.to(device), b.to(device), beta=-0.5, alpha=3.0).cpu().double()
    x, y, z = a.double(), b.double(), m.double()
    want = -0.5 * z + 3 * (x[:, :, None] * y[None]).sum(1)
    error = float((got - want).abs().max() / want.abs().max())
    limit = 64 * torch.finfo(torch.float32).eps
    if not error <= limit:
        raise AssertionError(f"addmm: error {error:.3g}, allowed {limit:.3g}")
    return {"value": error, "limit": limit, "unit": "relative"}


def _integers(torch: Any) -> None:
    generator = torch.Generator().manual_seed(8)
    a, b = (torch.randint(-9, 10, (13, 13), generator=generator) for _ in range(2))
    want = (a[:, :, None] * b[None]).sum(1)
    if (a @ b).tolist() != want.tolist():
        raise AssertionError(
            f"integer product differs by {int((a @ b - want).abs().max())}, due exact"
        )
