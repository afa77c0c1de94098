"""Gradients are right: compared with closed forms, with differences of values, and with each other.

What it proves: the backward pass gives the derivatives that calculus gives, first and second order; gradients
add up over calls; a graph is freed after use unless kept; changing a tensor that backward still needs is
refused; hooks run and may replace a gradient; a custom `Function` is used as written; `no_grad` and `detach`
cut the graph.

How: on the CPU and every device that has float64, `gradcheck` and `gradgradcheck` compare analytic
derivatives with central differences of step 1e-6. The closed forms are computed in float64 on the CPU,
whatever the device, and compared with the device's widest type.

Tolerances: central differences lose about half of the digits of float64, so 1e-5 absolute and 1e-3 relative
(PyTorch's own defaults). Closed forms are sums of at most 12 terms of size one: 64 x eps of the dtype used.

A failure means that training on this device goes wrong silently: a miscompiled or mismatched library, or
hardware that computes wrongly. Compare with another build of torch on the same machine.
"""

from __future__ import annotations

from typing import Any, Callable

from ._numbers import draw, hold, largest_error, leaf, widest

SUMMARY = "gradients equal closed forms and finite differences"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 30.0

ROUNDINGS = 64
"""Allowed error of a closed form, in units of eps: 12 terms, each through at most five roundings."""


def run(torch: Any, device: str) -> dict[str, Any]:
    dtype = widest(torch, device)
    found: dict[str, Any] = {"dtype": str(dtype)}
    found["closed_form_error"] = _closed_forms(torch, device, dtype)
    found["second_order_error"] = _second_order(torch, device, dtype)
    found["custom_function_error"] = _custom_function(torch, device, dtype)
    _accumulates(torch, device, dtype)
    _graph_is_freed(torch, device, dtype)
    _change_in_place_is_refused(torch, device, dtype)
    _hooks(torch, device, dtype)
    _cuts(torch, device, dtype)
    if dtype == torch.float64:
        _finite_differences(torch, device)
        found["finite_differences"] = "gradcheck and gradgradcheck passed"
    return found


def _closed_forms(torch: Any, device: str, dtype: Any) -> dict[str, Any]:
    """d/dx of sum(tanh(x)), sum(x @ w) and of log-softmax with a picked class."""
    limit = ROUNDINGS * torch.finfo(dtype).eps
    exact = draw(torch, 1, torch.float64, 3, 4)
    weight = draw(torch, 2, torch.float64, 4, 5)
    x = leaf(exact, device, dtype)
    w = leaf(weight, device, dtype)
    exact, weight = exact.to(dtype).double(), weight.to(dtype).double()

    torch.tanh(x).sum().backward()
    worst = largest_error(x.grad, 1 - torch.tanh(exact) ** 2)
    grad_x, grad_w = torch.autograd.grad((x @ w).sum(), (x, w))
    worst = max(worst, largest_error(grad_x, weight.sum(1).expand(3, 4)))
    worst = max(worst, largest_error(grad_w, exact.sum(0)[:, None].expand(4, 5)))
    picked = torch.log_softmax(x, dim=1)[:, 2].sum()
    (grad_x,) = torch.autograd.grad(picked, x)
    want = -torch.softmax(exact, dim=1)
    want[:, 2] += 1
    return hold("first derivatives", max(worst, largest_error(grad_x, want)), limit)


def _second_order(torch: Any, device: str, dtype: Any) -> dict[str, Any]:
    """For f = sum(x^3): f' = 3x^2; the sum of f' differentiates to 6x."""
    exact = draw(torch, 3, torch.float64, 5)
    x = leaf(exact, device, dtype)
    exact = exact.to(dtype).double()
    (first,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    worst = max(largest_error(first, 3 * exact**2), largest_error(second, 6 * exact))
    return hold("derivatives of x^3", worst, ROUNDINGS * torch.finfo(dtype).eps)


def _custom_function(torch: Any, device: str, dtype: Any) -> dict[str, Any]:
    """A custom backward is used as written: here seven times the gradient, which no rule would give."""

    class Sevenfold(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, value: Any) -> Any:
            ctx.save_for_backward(value)
            return value * value

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            (value,) = ctx.saved_tensors
            return 7 * value * grad

    exact = draw(torch, 4, torch.float64, 6)
    x = leaf(exact, device, dtype)
    Sevenfold.apply(x).sum().backward()
    want = 7 * exact.to(dtype).double()
    return hold("custom Function", largest_error(x.grad, want), ROUNDINGS * torch.finfo(dtype).eps)


def _accumulates(torch: Any, device: str, dtype: Any) -> None:
    """Two backward passes leave the sum of both gradients, exactly: 3 + 4 in small whole numbers."""
    x = torch.ones(3, dtype=dtype, device=device, requires_grad=True)
    (3 * x).sum().backward()
    (4 * x).sum().backward()
    seen = x.grad.tolist()
    if seen != [7.0, 7.0, 7.0]:
        raise AssertionError(f"gradients of 3x and 4x add up to {seen}, not 7")


def _graph_is_freed(torch: Any, device: str, dtype: Any) -> None:
    """`retain_graph=True` allows a second pass; without it the graph's buffers are gone."""
    x = torch.full((2,), 3.0, dtype=dtype, device=device, requires_grad=True)
    loss = (x * x).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    if x.grad.tolist() != [12.0, 12.0]:
        raise AssertionError(f"two passes over one kept graph gave {x.grad.tolist()}, not 12")
    _must_raise(loss.backward, "a third pass over a freed graph")


def _change_in_place_is_refused(torch: Any, device: str, dtype: Any) -> None:
    """exp saves its result; adding one to it in place must make backward refuse, not answer wrongly."""
    x = torch.full((2,), 0.5, dtype=dtype, device=device, requires_grad=True)
    y = x.exp()
    y.add_(1.0)
    _must_raise(y.sum().backward, "backward through a tensor changed in place")


def _must_raise(act: Callable[[], Any], what: str) -> None:
    try:
        act()
    except RuntimeError:
        return
    raise AssertionError(f"{what} was accepted; a RuntimeError was due")


def _hooks(torch: Any, device: str, dtype: Any) -> None:
    """A hook sees the gradient (2 at x = 1) and its answer replaces it (times ten); removed, it is silent."""
    seen: list[list[float]] = []

    def tenfold(grad: Any) -> Any:
        seen.append(grad.tolist())
        return grad * 10

    x = torch.ones(2, dtype=dtype, device=device, requires_grad=True)
    handle = x.register_hook(tenfold)
    (x * x).sum().backward()
    handle.remove()
    (x * x).sum().backward()
    if seen != [[2.0, 2.0]] or x.grad.tolist() != [22.0, 22.0]:
        raise AssertionError(
            f"the hook saw {seen} (due: 2 once), the gradient is {x.grad.tolist()}, not 22"
        )


def _cuts(torch: Any, device: str, dtype: Any) -> None:
    """`no_grad` records nothing, `detach` counts as a constant: d/dx of x * detach(x) is x, not 2x."""
    x = torch.full((2,), 3.0, dtype=dtype, device=device, requires_grad=True)
    with torch.no_grad():
        silent = x * x
    if silent.requires_grad:
        raise AssertionError("an operation under no_grad was recorded")
    (x * x.detach()).sum().backward()
    if x.grad.tolist() != [3.0, 3.0]:
        raise AssertionError(f"d/dx of x * detach(x) at 3 is {x.grad.tolist()}, not 3")


def _finite_differences(torch: Any, device: str) -> None:
    """gradcheck and gradgradcheck of a small network with every kind of step in it."""
    x = leaf(draw(torch, 5, torch.float64, 2, 3), device, torch.float64)
    w = leaf(draw(torch, 6, torch.float64, 3, 2), device, torch.float64)

    def network(x: Any, w: Any) -> Any:
        hidden = torch.sigmoid(x @ w)
        return (hidden / (1 + x.exp().sum())).log().cumsum(0)

    for check in (torch.autograd.gradcheck, torch.autograd.gradgradcheck):
        try:
            check(network, (x, w), eps=1e-6, atol=1e-5, rtol=1e-3)
        except RuntimeError as error:
            raise AssertionError(f"{check.__name__}: {error}") from error
