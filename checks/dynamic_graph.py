"""A graph may change from step to step: each change gives what the same mathematics gives written statically.

What it proves: branches and loop counts that depend on the data, shapes that change per step, recursion, a
branch that was not taken getting no gradient, and layers added, frozen, unfrozen and removed between the
steps of one training, with the optimizer told or not told of them.

How: every dynamic computation is done a second time without control flow of its own (a polynomial's
derivative, a product of matrices, a training with all layers written out by hand in float64 on the CPU) and the
gradients or weights are compared.

Tolerances: float64 where the device has it, else float32; sums of at most 16 terms of size one through
at most eight steps: 256 x eps.

A failure means that models with control flow (most language models at generation, tree networks, adapters
and staged fine-tuning) train wrongly here, even where a fixed network doesn't.
"""

from __future__ import annotations

from typing import Any

from ._numbers import draw, hold, largest_error, leaf, widest

SUMMARY = "graphs that change between steps give the gradients of the static ones"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 30.0

ROUNDINGS = 256
"""Allowed error in units of eps: at most 16 terms, eight steps, two roundings each."""
RATE = 0.125
"""Learning rate of the staged training; a power of two, so that scaling by it is exact."""


def run(torch: Any, device: str) -> dict[str, Any]:
    dtype = widest(torch, device)
    limit = ROUNDINGS * torch.finfo(dtype).eps
    errors = {
        "branch_error": _branches(torch, device, dtype),
        "loop_error": _loops(torch, device, dtype),
        "shape_error": _shapes(torch, device, dtype),
        "recursion_error": _recursion(torch, device, dtype),
        "staged_training_error": _staged_training(torch, device, dtype),
    }
    _unused_branch(torch, device, dtype)
    return {name: hold(name, error, limit) for name, error in errors.items()}


def _exact(torch: Any, seed: int, dtype: Any, *shape: int) -> Any:
    """Numbers of size one on the CPU, already rounded to `dtype`, as float64: the exact input."""
    return draw(torch, seed, dtype, *shape).double()


def _branches(torch: Any, device: str, dtype: Any) -> float:
    """Each element takes the branch that its own sign chooses: x^2 above zero, sin(x) else."""
    exact = _exact(torch, 1, dtype, 8)
    x = leaf(exact, device, dtype)
    total = sum(value**2 if bool(value > 0) else value.sin() for value in x.unbind())
    total.backward()
    static = torch.where(exact > 0, 2 * exact, exact.cos())
    return largest_error(x.grad, static)


def _loops(torch: Any, device: str, dtype: Any) -> float:
    """x is halved until it is at most one; the count n differs per start value, and d/dx is 2^-n."""
    starts = (0.75, 3.0, 11.0, 100.0)
    counts = (0, 2, 4, 7)
    worst = 0.0
    for start, count in zip(starts, counts):
        x = torch.full((1,), start, dtype=dtype, device=device, requires_grad=True)
        y = x
        while bool(y > 1):
            y = y * 0.5
        y.sum().backward()
        worst = max(worst, largest_error(x.grad, 0.5**count))
    return worst


def _shapes(torch: Any, device: str, dtype: Any) -> float:
    """One weight over batches of 1, 3, 7 and 2 rows: its gradient is the sum of all rows' outer products."""
    exact_w = _exact(torch, 2, dtype, 4, 3) / 4
    w = leaf(exact_w, device, dtype)
    want = torch.zeros(4, 3, dtype=torch.float64)
    for step, rows in enumerate((1, 3, 7, 2)):
        batch = _exact(torch, 10 + step, dtype, rows, 4)
        out = batch.to(dtype).to(device) @ w
        out.pow(2).mean().backward()
        want += 2 * batch.T @ (batch @ exact_w) / (rows * 3)
    return largest_error(w.grad, want)


def _recursion(torch: Any, device: str, dtype: Any) -> float:
    """A tree folded by recursion, inner nodes a*left + b*right, against the sum over leaves of a^i b^j x."""
    exact = _exact(torch, 3, dtype, 5)
    leaves = leaf(exact, device, dtype)
    a = torch.full((), 0.75, dtype=dtype, device=device, requires_grad=True)
    b = torch.full((), -0.5, dtype=dtype, device=device, requires_grad=True)

    def fold(tree: Any) -> Any:
        return leaves[tree] if isinstance(tree, int) else a * fold(tree[0]) + b * fold(tree[1])

    fold(((0, (1, 2)), (3, 4))).backward()
    lefts, rights = (2, 2, 1, 1, 0), (0, 1, 2, 1, 2)
    paths = list(zip(lefts, rights, exact.tolist()))
    want_leaves = [0.75**i * (-0.5) ** j for i, j, _ in paths]
    want_a = sum(i * 0.75 ** max(i - 1, 0) * (-0.5) ** j * x for i, j, x in paths)
    want_b = sum(j * 0.75**i * (-0.5) ** max(j - 1, 0) * x for i, j, x in paths)
    worst = largest_error(leaves.grad, torch.tensor(want_leaves, dtype=torch.float64))
    return max(worst, largest_error(a.grad, want_a), largest_error(b.grad, want_b))


def _unused_branch(torch: Any, device: str, dtype: Any) -> None:
    """The layer that was not taken has no gradient at all: None, not zero, so no optimizer moves it."""
    taken = torch.nn.Linear(2, 1).to(device=device, dtype=dtype)
    unused = torch.nn.Linear(2, 1).to(device=device, dtype=dtype)
    x = torch.ones(1, 2, dtype=dtype, device=device)
    out = taken(x) if bool(x.sum() > 0) else unused(x)
    out.sum().backward()
    if unused.weight.grad is not None or taken.weight.grad is None:
        raise AssertionError(
            f"taken branch: gradient {taken.weight.grad}; branch not taken: {unused.weight.grad}, due None"
        )
    if taken.weight.grad.tolist() != [[1.0, 1.0]]:
        raise AssertionError(f"gradient of the taken branch is {taken.weight.grad.tolist()}, not 1")


# -- one training whose network is edited between steps -----------------------------------------------


def _staged_training(torch: Any, device: str, dtype: Any) -> float:
    """Largest difference of a weight between the edited training and the one written out by hand.

    Stages of two steps each: layers 0 and 1; layer 2 added; layer 0 frozen; layer 1 removed; layer 0
    unfrozen again. tanh stands before every layer but the first.
    """
    start = [_exact(torch, 20 + i, dtype, 4, 4) / 2 for i in range(3)]
    x, target = _exact(torch, 30, dtype, 4, 4), _exact(torch, 31, dtype, 4, 4)
    by_torch = _train_edited(torch, start, x, target, device, dtype)
    by_hand = _train_by_hand(torch, start, x, target)
    return max(largest_error(got, want) for got, want in zip(by_torch, by_hand))


def _train_edited(
    torch: Any, start: Any, x: Any, target: Any, device: str, dtype: Any
) -> list[Any]:
    """The weights after a training in which modules come, go, and are frozen."""
    layers = [_linear(torch, weight, device, dtype) for weight in start]
    network = torch.nn.ModuleList(layers[:2])
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE, momentum=0.5)
    inputs, wanted = x.to(dtype).to(device), target.to(dtype).to(device)

    def steps() -> None:
        for _ in range(2):
            optimizer.zero_grad(set_to_none=True)
            value = inputs
            for depth, layer in enumerate(network):
                value = layer(torch.tanh(value) if depth else value)
            (value - wanted).pow(2).mean().backward()
            optimizer.step()

    steps()
    network.append(layers[2])
    optimizer.add_param_group({"params": layers[2].parameters()})
    steps()
    layers[0].requires_grad_(False)
    steps()
    del network[1]
    steps()
    layers[0].requires_grad_(True)
    steps()
    return [layer.weight for layer in layers]


def _linear(torch: Any, weight: Any, device: str, dtype: Any) -> Any:
    layer = torch.nn.Linear(4, 4, bias=False).to(device=device, dtype=dtype)
    with torch.no_grad():
        layer.weight.copy_(weight)
    return layer


def _train_by_hand(torch: Any, start: Any, x: Any, target: Any) -> list[Any]:
    """The same ten steps in float64 with the chain rule and the momentum written out."""
    weights = [weight.clone() for weight in start]
    momenta: list[Any] = [None, None, None]
    stages = (
        ((0, 1), (0, 1)),
        ((0, 1, 2), (0, 1, 2)),
        ((0, 1, 2), (1, 2)),
        ((0, 2), (2,)),
        ((0, 2), (0, 2)),
    )
    for used, trained in stages:
        for _ in range(2):
            gradients = _chain_rule(torch, [weights[i] for i in used], x, target)
            for i, gradient in zip(used, gradients):
                if i in trained:
                    momenta[i] = gradient if momenta[i] is None else momenta[i] * 0.5 + gradient
                    weights[i] = weights[i] - RATE * momenta[i]
    return weights


def _chain_rule(torch: Any, weights: list[Any], x: Any, target: Any) -> list[Any]:
    """Gradient of mean((...tanh(x W0') W1'... - target)^2) by each weight, without autograd."""
    inputs = [x]
    for weight in weights[:-1]:
        inputs.append(torch.tanh(inputs[-1] @ weight.T))
    flow = 2 * (inputs[-1] @ weights[-1].T - target) / target.numel()
    gradients: list[Any] = []
    for weight, value in zip(reversed(weights), reversed(inputs)):
        gradients.insert(0, flow.T @ value)
        flow = (flow @ weight) * (1 - value**2)
    return gradients
