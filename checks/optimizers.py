"""Seven optimizers take the steps that their formulas say, with the defaults that torch documents.

What it proves: SGD, momentum, Nesterov, weight decay, Adam, AdamW, RMSprop and Adagrad, in the loop and the
`foreach` version, over five steps, so that state (momenta, step counts, bias corrections) is carried right.

How: parameters of 7 and 3 numbers get a gradient (k x / 2 + sin 3x in step k) set by hand; the
same steps are computed from the published formulas in float64 on the CPU.

Tolerances: each step is a dozen roundings of numbers of size one: 256 x eps of the dtype. `foreach` may round each
step's size once more, to float32: older releases (seen in 1.13's Adagrad) keep it in such a tensor.

A failure means that trainings converge wrongly or not at all although losses and gradients are right.
"""

from __future__ import annotations

from typing import Any

from ._numbers import largest_error, widest

SUMMARY = "optimizers take the steps of their formulas"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 60.0

STEPS = 5
ROUNDINGS = 256
STEP_SIZE_ROUNDINGS = STEPS * 0.1 * 2.0**-23
"""What float32 makes of five steps' sizes of 0.1."""


def run(torch: Any, device: str) -> dict[str, Any]:
    dtype = widest(torch, device)
    limit = ROUNDINGS * torch.finfo(dtype).eps
    found: dict[str, Any] = {"dtype": str(dtype)}
    for name, make, options, formula in _table(torch):
        want = _by_formula(torch, formula, dtype)
        for way in _ways(device):
            label = f"foreach_{name}" if way else name
            due = limit + (STEP_SIZE_ROUNDINGS if way else 0.0)
            got = _by_torch(torch, make, dict(options, **way), device, dtype)
            error = max(largest_error(a, b) for a, b in zip(got, want))
            if not error <= due:
                raise AssertionError(
                    f"{label}: off by {error:.3g} after {STEPS} steps, allowed {due:.3g}"
                )
            found[f"{label}_error"] = {"value": error, "limit": due, "unit": "absolute"}
    return found


def _table(torch: Any) -> list[tuple[str, Any, dict[str, Any], Any]]:
    """Name, class, options that differ from the defaults, and the formula."""
    optim = torch.optim
    return [
        ("sgd", optim.SGD, {"lr": 0.1}, _sgd(0.0, False, 0.0)),
        ("momentum", optim.SGD, {"lr": 0.1, "momentum": 0.9}, _sgd(0.9, False, 0.0)),
        (
            "nesterov",
            optim.SGD,
            {"lr": 0.1, "momentum": 0.9, "nesterov": True},
            _sgd(0.9, True, 0.0),
        ),
        ("weight_decay", optim.SGD, {"lr": 0.1, "weight_decay": 0.3}, _sgd(0.0, False, 0.3)),
        ("adam", optim.Adam, {"lr": 0.1}, _adam(0.0)),
        ("adamw", optim.AdamW, {"lr": 0.1, "weight_decay": 0.2}, _adam(0.2)),
        ("rmsprop", optim.RMSprop, {"lr": 0.1}, _rmsprop),
        ("adagrad", optim.Adagrad, {"lr": 0.1}, _adagrad),
    ]


def _start(torch: Any, dtype: Any) -> list[Any]:
    generator = torch.Generator().manual_seed(11)
    draw = [torch.randn(size, generator=generator, dtype=torch.float64) for size in (7, 3)]
    return [value.to(dtype).double() for value in draw]


def _gradient(torch: Any, x: Any, step: int) -> Any:
    """Differs from step to step, so that a state that isn't carried shows."""
    return (1 + step) * x * 0.5 + torch.sin(3 * x)


def _by_torch(torch: Any, make: Any, options: dict[str, Any], device: str, dtype: Any) -> list[Any]:
    start = _start(torch, dtype)
    parameters = [torch.nn.Parameter(value.to(dtype).to(device).clone()) for value in start]
    optimizer = make(parameters, **options)
    for step in range(STEPS):
        for parameter in parameters:
            parameter.grad = _gradient(torch, parameter.detach(), step)
        optimizer.step()
    return [parameter.detach().cpu().double() for parameter in parameters]


def _by_formula(torch: Any, formula: Any, dtype: Any) -> list[Any]:
    results = []
    for x in _start(torch, dtype):
        state: dict[str, Any] = {}
        for step in range(STEPS):
            x = formula(x, _gradient(torch, x, step), state, step + 1)
        results.append(x)
    return results


def _sgd(momentum: float, nesterov: bool, decay: float) -> Any:
    def formula(x: Any, g: Any, state: dict[str, Any], t: int) -> Any:
        g = g + decay * x
        velocity = momentum * state["v"] + g if "v" in state else g
        state["v"] = velocity
        return x - 0.1 * (g + momentum * velocity if nesterov else velocity)

    return formula


def _adam(decay: float) -> Any:
    def formula(x: Any, g: Any, state: dict[str, Any], t: int) -> Any:
        x = x * (1 - 0.1 * decay)
        state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
        state["v"] = 0.999 * state.get("v", 0) + 0.001 * g * g
        mean, square = state["m"] / (1 - 0.9**t), state["v"] / (1 - 0.999**t)
        return x - 0.1 * mean / (square**0.5 + 1e-8)

    return formula


def _rmsprop(x: Any, g: Any, state: dict[str, Any], t: int) -> Any:
    state["v"] = 0.99 * state.get("v", 0) + 0.01 * g * g
    return x - 0.1 * g / (state["v"] ** 0.5 + 1e-8)


def _adagrad(x: Any, g: Any, state: dict[str, Any], t: int) -> Any:
    state["v"] = state.get("v", 0) + g * g
    return x - 0.1 * g / (state["v"] ** 0.5 + 1e-10)


def _ways(device: str) -> list[dict[str, Any]]:
    """The loop and, where every supported torch has it, the version over all parameters at once."""
    return [{}, {"foreach": True}] if device.split(":")[0] in ("cpu", "cuda") else [{}]
