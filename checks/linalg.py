"""Decompositions and solvers give back the matrix they were given: svd, qr, cholesky, eigh, solve, inverse.

What it proves: LAPACK, MAGMA or cuSOLVER is there and right, for single matrices and batches.

How: by residual, computed in float64 on the CPU: the factors multiplied must be the matrix, orthogonal factors must
be orthogonal, and triangular ones triangular. Matrices are 3 x 24 x 16 and 3 x 16 x 16 seeded normal
numbers (positive definite ones as M M' + 16).

Tolerances: these algorithms are backward stable; their residuals stay below a small multiple of n x eps of the
norm. Allowed: 32 x n x eps with n = 24 (float32: 9e-5). The solution and the inverse are judged by the residual
of the system, relative to |A| |x|.

An operation that a device doesn't have (Apple's lacks several) is named in the measurements and not judged. A
failure means a wrong or mismatched linear-algebra library.
"""

from __future__ import annotations

from typing import Any

from ._numbers import computes_in, draw

SUMMARY = "svd, qr, cholesky, eigh, solve and inverse have small residuals"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 60.0

BATCH, ROWS, COLUMNS = 3, 24, 16


def run(torch: Any, device: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("float32", "float64"):
        dtype = getattr(torch, name)
        if not computes_in(torch, device, dtype):
            continue
        limit = 32 * ROWS * torch.finfo(dtype).eps
        for operation in (_svd, _qr, _cholesky, _eigh, _solve, _inverse, _determinant):
            key = f"{operation.__name__[1:]}_{name}"
            found[key] = _judge(torch, operation, device, dtype, key, limit)
    if not any(isinstance(value, dict) for value in found.values()):
        raise AssertionError(f"no decomposition ran on {device}: {found}")
    return found


def _judge(torch: Any, operation: Any, device: str, dtype: Any, key: str, limit: float) -> Any:
    try:
        error = float(operation(torch, device, dtype))
    except NotImplementedError:
        return "the device has no such operation"
    if not error <= limit:
        raise AssertionError(f"{key}: residual {error:.3g}, allowed {limit:.3g}")
    return {"value": error, "limit": limit, "unit": "relative residual"}


def _batch(torch: Any, seed: int, dtype: Any, columns: int, rows: int = ROWS) -> Any:
    return draw(torch, seed, dtype, BATCH, rows, columns)


def _positive(torch: Any, dtype: Any) -> Any:
    square = _batch(torch, 7, torch.float64, COLUMNS, COLUMNS)
    return (square @ square.transpose(1, 2) + COLUMNS * torch.eye(COLUMNS, dtype=torch.float64)).to(
        dtype
    )


def _exact(*tensors: Any) -> Any:
    return [tensor.cpu().double() for tensor in tensors]


def _residual(got: Any, want: Any) -> Any:
    """Largest relative distance over the batch, in the Frobenius norm; infinite where there is a NaN."""
    ratio = (got - want).flatten(1).norm(dim=1) / want.flatten(1).norm(dim=1)
    return ratio.max().nan_to_num(nan=float("inf"))


def _straight(torch: Any, q: Any) -> Any:
    """How far the columns of q are from orthonormal."""
    product = q.transpose(1, 2) @ q
    return _residual(product, torch.eye(q.shape[2], dtype=torch.float64).expand_as(product))


def _svd(torch: Any, device: str, dtype: Any) -> float:
    a = _batch(torch, 1, dtype, COLUMNS)
    worst = 0.0
    for full in (False, True):
        u, s, vh = _exact(*torch.linalg.svd(a.to(device), full_matrices=full))
        if bool((s[:, 1:] > s[:, :-1]).any()) or bool((s < 0).any()):
            raise AssertionError(f"singular values are not in descending order: {s[0].tolist()}")
        rebuilt = (u[:, :, :COLUMNS] * s[:, None]) @ vh
        errors = (
            _residual(rebuilt, a.double()),
            _straight(torch, u),
            _straight(torch, vh.transpose(1, 2)),
        )
        worst = max(worst, *(float(error) for error in errors))
    return worst


def _qr(torch: Any, device: str, dtype: Any) -> float:
    a = _batch(torch, 2, dtype, COLUMNS)
    q, r = _exact(*torch.linalg.qr(a.to(device)))
    below = float(r.tril(-1).abs().max())
    return max(float(_residual(q @ r, a.double())), float(_straight(torch, q)), below)


def _cholesky(torch: Any, device: str, dtype: Any) -> float:
    a = _positive(torch, dtype)
    (lower,) = _exact(torch.linalg.cholesky(a.to(device)))
    above = float(lower.triu(1).abs().max())
    return max(float(_residual(lower @ lower.transpose(1, 2), a.double())), above)


def _eigh(torch: Any, device: str, dtype: Any) -> float:
    a = _positive(torch, dtype)
    values, vectors = _exact(*torch.linalg.eigh(a.to(device)))
    rebuilt = (vectors * values[:, None]) @ vectors.transpose(1, 2)
    return max(float(_residual(rebuilt, a.double())), float(_straight(torch, vectors)))


def _solve(torch: Any, device: str, dtype: Any) -> float:
    a, b = _batch(torch, 3, dtype, COLUMNS, COLUMNS), _batch(torch, 4, dtype, 5, COLUMNS)
    (x,) = _exact(torch.linalg.solve(a.to(device), b.to(device)))
    size = a.double().flatten(1).norm(dim=1) * x.flatten(1).norm(dim=1)
    return float(((a.double() @ x - b.double()).flatten(1).norm(dim=1) / size).max())


def _inverse(torch: Any, device: str, dtype: Any) -> float:
    a = _positive(torch, dtype)
    (inverse,) = _exact(torch.linalg.inv(a.to(device)))
    product = a.double() @ inverse
    eye = torch.eye(COLUMNS, dtype=torch.float64).expand_as(product)
    size = a.double().flatten(1).norm(dim=1) * inverse.flatten(1).norm(dim=1)
    return float(((product - eye).flatten(1).norm(dim=1) / size).max())


def _determinant(torch: Any, device: str, dtype: Any) -> float:
    """Of a product of a triangular matrix with a known diagonal and a permutation: the signed product."""
    triangle = _batch(torch, 5, torch.float64, 6, 6).tril(-1)
    diagonal = torch.tensor([1.5, -2.0, 0.75, 3.0, -1.25, 0.5], dtype=torch.float64)
    matrix = (triangle + torch.diag(diagonal))[:, [1, 0, 2, 3, 4, 5]].to(dtype)
    got = torch.linalg.det(matrix.to(device)).cpu().double()
    want = -float(diagonal.prod())
    return float(((got - want) / want).abs().max())
