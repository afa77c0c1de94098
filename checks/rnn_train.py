"""LSTM and GRU equal their written-out recurrences, forward and backward, and an LSTM learns a sequence task.

What it proves: the fused recurrent kernels (oneDNN, cuDNN, MIOpen) in two layers and both directions, and a
training through time.

How: the recurrences are written out gate by gate in float64 on the CPU with the module's own weights; outputs,
last states and the gradient of the input and of all weights are compared. The task: say the sign of the first
element of a sequence of six, which needs memory.

Tolerances: about 20 terms per gate, seven steps, two layers, all numbers at most of size one: 2,000 x eps of
float32 (2.4e-4) absolute for outputs, relative to the largest for gradients. TensorFloat-32 is switched off for
the comparison. Accuracy must reach 90 % (chance is 50 %).

A failure means wrong recurrent kernels for this device; torch.backends.cudnn.enabled = False takes other ones.
"""

from __future__ import annotations

from typing import Any

SUMMARY = "LSTM and GRU equal the written-out loop, and an LSTM learns to remember"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 90.0

LIMIT = 2000 * 2.0**-23
SIZE, HIDDEN, LENGTH, BATCH = 5, 6, 7, 3


def run(torch: Any, device: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        for kind in ("LSTM", "GRU"):
            found[f"{kind.lower()}_error"] = _compare(torch, device, kind)
        losses, accuracy = _training(torch, device)
    found["loss"] = losses
    if not losses[-1] <= losses[0] / 2:
        raise AssertionError(
            f"loss went from {losses[0]:.4g} to {losses[-1]:.4g}, due half at most"
        )
    if not accuracy >= 0.9:
        raise AssertionError(f"accuracy is {accuracy:.3f}, due at least 0.9")
    found["accuracy"] = {"value": accuracy, "limit": 0.9, "unit": "at least"}
    return found


def _fill(torch: Any, module: Any, seed: int, scale: float) -> Any:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale)
    return module


def _compare(torch: Any, device: str, kind: str) -> dict[str, Any]:
    module = _fill(
        torch, getattr(torch.nn, kind)(SIZE, HIDDEN, num_layers=2, bidirectional=True), 1, 0.4
    )
    exact = {
        name: value.detach().double().requires_grad_(True)
        for name, value in module.named_parameters()
    }
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(LENGTH, BATCH, SIZE, generator=generator)
    slow_x, on_x = x.double().requires_grad_(True), x.to(device).clone().requires_grad_(True)
    module = module.to(device)
    got, states = module(on_x)
    want, last = _written_out(torch, kind, exact, slow_x)
    flow = torch.randn(want.shape, generator=generator)
    got.backward(flow.to(device))
    want.backward(flow.double())
    worst = _accept(f"{kind} output", got, want, 1.0)
    worst = max(
        worst, _accept(f"{kind} last state", states[0] if kind == "LSTM" else states, last, 1.0)
    )
    pairs = [(on_x.grad, slow_x.grad, "input")]
    pairs += [(value.grad, exact[name].grad, name) for name, value in module.named_parameters()]
    for fast, slow, name in pairs:
        worst = max(
            worst, _accept(f"{kind} gradient by {name}", fast, slow, float(slow.abs().max()))
        )
    return {"value": worst, "limit": LIMIT, "unit": "absolute"}


def _accept(what: str, got: Any, want: Any, size: float) -> float:
    error = float((got.detach().cpu().double() - want.detach()).abs().max()) / size
    if not error <= LIMIT:
        raise AssertionError(f"{what}: off by {error:.3g}, allowed {LIMIT:.3g}")
    return error


def _written_out(torch: Any, kind: str, weights: dict[str, Any], x: Any) -> tuple[Any, Any]:
    """Both layers, both directions, step by step."""
    last = []
    for layer in range(2):
        sides = []
        for end in ("", "_reverse"):
            names = [
                f"{part}_l{layer}{end}" for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            ]
            cell = [weights[name] for name in names]
            steps = list(x.unbind()) if not end else list(x.unbind())[::-1]
            outputs = _unroll(torch, kind, cell, steps)
            last.append(outputs[-1])
            sides.append(torch.stack(outputs if not end else outputs[::-1]))
        x = torch.cat(sides, dim=2)
    return x, torch.stack(last)


def _unroll(torch: Any, kind: str, cell: list[Any], steps: list[Any]) -> list[Any]:
    w_in, w_state, b_in, b_state = cell
    h = c = torch.zeros(BATCH, HIDDEN, dtype=torch.float64)
    outputs = []
    for x in steps:
        given, kept = x @ w_in.T + b_in, h @ w_state.T + b_state
        if kind == "LSTM":
            i, f, g, o = (given + kept).chunk(4, 1)
            c = _sigmoid(f) * c + _sigmoid(i) * torch.tanh(g)
            h = _sigmoid(o) * torch.tanh(c)
        else:
            (r, z, n), (hr, hz, hn) = given.chunk(3, 1), kept.chunk(3, 1)
            update = _sigmoid(z + hz)
            h = (1 - update) * torch.tanh(n + _sigmoid(r + hr) * hn) + update * h
        outputs.append(h)
    return outputs


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + (-x).exp())


def _training(torch: Any, device: str) -> tuple[list[float], float]:
    """Loss of every seventh step, and accuracy on sequences kept back."""
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(6, 192, 1, generator=generator)
    y = (x[0, :, 0] > 0).float()
    x, y = x.to(device), y.to(device)
    lstm = _fill(torch, torch.nn.LSTM(1, 8), 4, 0.4).to(device)
    head = _fill(torch, torch.nn.Linear(8, 1), 5, 0.4).to(device)
    optimizer = torch.optim.Adam([*lstm.parameters(), *head.parameters()], lr=0.05)
    losses = []
    for _ in range(50):
        optimizer.zero_grad()
        scores = head(lstm(x[:, :128])[0][-1])[:, 0]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, y[:128])
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    with torch.no_grad():
        right = (head(lstm(x[:, 128:])[0][-1])[:, 0] > 0) == (y[128:] > 0)
    return losses[::7], float(right.float().mean())
