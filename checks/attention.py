"""Scaled dot-product attention equals its formula on every backend that there is, plain, causal and masked.

What it proves: each fused kernel (flash, memory-efficient, cuDNN, math) that accepts these inputs on this device
computes softmax(Q K' / sqrt(d)) V and its gradients; causal and masked positions get no weight.

How: seeded inputs of 2 x 4 heads, 19 queries, 23 keys (19 where causal), 32 numbers per head, against the formula in
float64 on the CPU. Backends are forced one by one; one that refuses the inputs is listed as not available.

Tolerances: float32: 64 x eps of the largest value, for 32-term products, an exponential and a weighted mean;
bfloat16 and float16: four times their eps, since probabilities are rounded to the dtype before the last product.
Gradients: four times that. Float16 on a CPU, forward only: 32 x eps, as if each of the 32 steps of a sum were rounded
to it. TensorFloat-32 is not allowed by default in these kernels.

A failure of one backend means: disable that one (torch.nn.attention.sdpa_kernel), or take another build.
"""

from __future__ import annotations

import contextlib
import unittest
import warnings
from typing import Any

from ._device import settle

SUMMARY = "every attention backend equals the formula, causal and masked too"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 60.0

BACKENDS = ("MATH", "FLASH_ATTENTION", "EFFICIENT_ATTENTION", "CUDNN_ATTENTION")
OPTIONAL = ("FLASH_ATTENTION", "EFFICIENT_ATTENTION", "CUDNN_ATTENTION")
"""Backends whose fault is a warning where the default is right: who doesn't force one doesn't meet it."""
LENGTH = 64
"""Queries and keys of the case of low scores, and their features."""
KINDS = ("plain", "causal", "boolean", "added")


def run(torch: Any, device: str) -> dict[str, Any]:
    if not hasattr(torch.nn.functional, "scaled_dot_product_attention"):
        raise unittest.SkipTest("this torch has no scaled_dot_product_attention (it came with 2.0)")
    found: dict[str, Any] = {}
    wrong: list[str] = []
    for backend in ("default", *BACKENDS):
        for name in _dtypes(device):
            try:
                measured = _judge(torch, device, backend, getattr(torch, name))
            except AssertionError as error:
                if backend not in OPTIONAL:
                    raise
                measured = f"wrong: {error}"
                wrong.append(str(error))
            found[f"{backend.lower()}_{name}"] = measured
    if device == "cpu":
        found["default_float16"] = _half_forward(torch)
    found["low_scores"] = _low_scores(torch, device)
    if wrong:
        found["warning"] = f"a backend that torch doesn't choose here is wrong: {wrong[0]}"
    return found


def _dtypes(device: str) -> tuple[str, ...]:
    """CPUs train in float32 and bfloat16; float16 only has to come out right forward."""
    return ("float32", "bfloat16") if device == "cpu" else ("float32", "bfloat16", "float16")


def _judge(torch: Any, device: str, backend: str, dtype: Any) -> Any:
    """Worst error over the kinds that this backend takes, as a share of the allowed one."""
    shares: dict[str, float] = {}
    refusal = ""
    for kind in KINDS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            share = _one(torch, device, backend, dtype, kind)
        if isinstance(share, float):
            shares[kind] = share
        else:
            refusal = refusal or share
    if not shares and backend == "default" and dtype == torch.float32:
        raise AssertionError("attention refuses float32 inputs of every kind")
    if not shares:
        return refusal
    return {
        "value": max(shares.values()),
        "limit": 1.0,
        "unit": "of the allowed error, " + ", ".join(shares),
    }


def _forced(torch: Any, backend: str) -> Any:
    """A context in which only this backend may run; None where this torch can't force it."""
    if backend == "default":
        return contextlib.nullcontext()
    attention: Any = getattr(torch.nn, "attention", None)
    one = getattr(getattr(attention, "SDPBackend", None), backend, None)
    if one is not None and hasattr(attention, "sdpa_kernel"):
        return attention.sdpa_kernel(one)
    flags = {"MATH": "math", "FLASH_ATTENTION": "flash", "EFFICIENT_ATTENTION": "mem_efficient"}
    if backend not in flags or not hasattr(torch.backends.cuda, "sdp_kernel"):
        return None
    return torch.backends.cuda.sdp_kernel(
        **{f"enable_{f}": f == flags[backend] for f in flags.values()}
    )


def _one(torch: Any, device: str, backend: str, dtype: Any, kind: str) -> float | str:
    """Worst error as a share of the allowed one, or the words of the refusal."""
    context = _forced(torch, backend)
    if context is None:
        return "this torch can't force it"
    q, k, v = _inputs(torch, dtype, 19 if kind == "causal" else 23)
    mask = _mask(torch, kind)
    try:
        on = [t.to(device).clone().requires_grad_(True) for t in (q, k, v)]
    except TypeError as error:  # how MPS refuses bfloat16 before macOS 14
        return f"refused: {error}"
    slow = [t.double().requires_grad_(True) for t in (q, k, v)]
    want = _formula(torch, slow, mask, kind)
    flow = torch.randn(want.shape, generator=torch.Generator().manual_seed(9)).to(dtype)
    try:
        with context:
            got = _attend(torch, on, _given(mask, dtype, device), kind)
        got.backward(flow.to(device))
    except RuntimeError as error:
        settle(torch, device)  # raises where this was the device's end, not a refusal
        float(torch.ones((), device=device))
        return f"refused: {str(error).splitlines()[0][:200]}"
    want.backward(flow.double())
    eps = torch.finfo(dtype).eps
    limit = 64 * eps if dtype == torch.float32 else 4 * eps
    share = _share(f"{kind} {backend} {dtype}", got, want, limit)
    for name, fast, exact in zip("qkv", on, slow):
        what = f"gradient by {name}, {kind} {backend} {dtype}"
        share = max(share, _share(what, fast.grad, exact.grad, 4 * limit))
    return share


def _half_forward(torch: Any) -> Any:
    """Worst share over all kinds, without gradients; releases up to 2.1 have no such products."""
    dtype, shares = torch.float16, []
    for kind in KINDS:
        inputs = _inputs(torch, dtype, 19 if kind == "causal" else 23)
        mask = _mask(torch, kind)
        try:
            got = _attend(torch, inputs, _given(mask, dtype, "cpu"), kind)
        except RuntimeError:
            return "not available here"
        want = _formula(torch, [t.double() for t in inputs], mask, kind)
        shares.append(_share(f"{kind} float16", got, want, 32 * torch.finfo(dtype).eps))
    return {"value": max(shares), "limit": 1.0, "unit": "of the allowed error, forward"}


def _low_scores(torch: Any, device: str) -> str:
    """Rows whose scores are all near -120, behind a mask: nothing may turn to NaN.

    cuDNN's attention, the default on H100 and H200 since torch 2.11, gave a NaN as the query's gradient
    there for lengths such as 64 (pytorch/pytorch#196678).
    """
    names = [n for n in _dtypes(device) if n != "float32" or device == "cpu"]
    for name in names:
        dtype = getattr(torch, name)
        q, k, v = (
            torch.randn(1, 2, LENGTH, LENGTH, generator=torch.Generator().manual_seed(3 + i))
            for i in range(3)
        )
        feature = (120.0 * LENGTH**0.5) ** 0.5
        q[..., 0], k[..., 0] = -feature, feature
        mask = torch.ones(LENGTH, LENGTH, dtype=torch.bool).tril().to(device)
        try:
            given = [t.to(dtype).to(device).requires_grad_(True) for t in (q, k, v)]
            got = torch.nn.functional.scaled_dot_product_attention(*given, attn_mask=mask)
            got.sum().backward()
        except (RuntimeError, TypeError) as error:
            settle(torch, device)
            return f"refused: {str(error).splitlines()[0][:200]}"
        for what, tensor in (("the result", got), *zip("qkv", [t.grad for t in given])):
            if not bool(torch.isfinite(tensor).all()):
                raise AssertionError(
                    f"default {name}: {what} (or its gradient) is not finite where all scores are near -120"
                )
    return f"finite in {', '.join(names)}"


def _attend(torch: Any, inputs: list[Any], mask: Any, kind: str) -> Any:
    attend = torch.nn.functional.scaled_dot_product_attention
    return attend(*inputs, attn_mask=mask, is_causal=kind == "causal")


def _inputs(torch: Any, dtype: Any, keys: int) -> list[Any]:
    generator = torch.Generator().manual_seed(1)
    shapes = ((2, 4, 19, 32), (2, 4, keys, 32), (2, 4, keys, 32))
    return [torch.randn(*shape, generator=generator).to(dtype) for shape in shapes]


def _mask(torch: Any, kind: str) -> Any:
    """True where a key may be seen; a number to add for kind `added`; key 0 is always seen."""
    generator = torch.Generator().manual_seed(2)
    if kind == "boolean":
        mask = torch.rand(19, 23, generator=generator) < 0.6
        mask[:, 0] = True
        return mask
    if kind == "added":
        return torch.randint(-3, 4, (19, 23), generator=generator).float()
    return None


def _given(mask: Any, dtype: Any, device: str) -> Any:
    if mask is None:
        return None
    return mask.to(device) if str(mask.dtype) == "torch.bool" else mask.to(dtype).to(device)


def _formula(torch: Any, inputs: list[Any], mask: Any, kind: str) -> Any:
    q, k, v = inputs
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    if kind == "causal":
        hidden = torch.ones(19, 19, dtype=torch.bool).triu(1)
        scores = scores.masked_fill(hidden, float("-inf"))
    elif kind == "boolean":
        scores = scores.masked_fill(~mask, float("-inf"))
    elif kind == "added":
        scores = scores + mask.double()
    return torch.softmax(scores, dim=-1) @ v


def _share(what: str, got: Any, want: Any, limit: float) -> float:
    error = float(
        (got.detach().cpu().double() - want.detach()).abs().max() / want.detach().abs().max()
    )
    if not error <= limit:
        raise AssertionError(
            f"{what}: off by {error:.3g} of the largest value, allowed {limit:.3g}"
        )
    return error / limit
