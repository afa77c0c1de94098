"""A real training from data set to held-out accuracy: 784-128-10, ten epochs, loss recorded per epoch.

What it proves: Dataset, DataLoader, Linear, ReLU, log-softmax with negative log-likelihood (cross-entropy),
backward, and SGD (lr 0.01, momentum 0.9) work together and learn.

How: ten seeded prototypes of 784 pixels plus noise of twice their size make 640 training and 200 held-out
samples. A `DataLoader` shuffles them in batches of 32; each epoch must hold every sample once, each with its own
pixels and label. The first epoch is done again in float64 with every gradient and the momentum written out by
hand. On an accelerator, the whole training is repeated on the CPU from the same start with the same batches.

Limits: the loss must end below a quarter of its first value and held-out accuracy reach 95 % (chance is 10 %;
a right training gets 100 % here, so the mark leaves room for any rounding). First epoch against float64:
1e-4, about 800 x eps of float32 for 20 steps of 784-term sums. Device against CPU, loss per epoch: 1e-4 absolute
(float32 and float64 on one CPU differ by 2e-7 over the ten epochs, and the first epoch's mean is 2). TensorFloat-32
stays as torch sets it by default: off for these products.

A failure means that this environment can't be trusted to train; which part is wrong is told by the checks
autograd, optimizers, dataloader and matmul.
"""

from __future__ import annotations

from typing import Any

SUMMARY = "a 784-128-10 network trains for ten epochs, learns, and agrees with float64 and the CPU"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 60.0

EPOCHS = 10
BATCH = 32
TRAINING = 640
HELD_OUT = 200
RATE = 0.01
MOMENTUM = 0.9
ACCURACY = 0.95
FALL = 0.25
HAND_LIMIT = 1e-4
CURVE_LIMIT = 1e-4


def run(torch: Any, device: str) -> dict[str, Any]:
    pixels, labels = _samples(torch)
    batches = _load(torch, pixels[:TRAINING], labels[:TRAINING])
    model = _network(torch)
    start = [parameter.detach().double().clone() for parameter in model.parameters()]
    losses, first_epoch = _train(torch, model.to(device), batches, device)
    found: dict[str, Any] = {"loss": losses}
    found["fall"] = _fell(losses)
    held_out = pixels[TRAINING:].to(device), labels[TRAINING:].to(device)
    found["accuracy"] = _accuracy(torch, model, held_out)
    by_hand = _by_hand(torch, start, batches[: len(batches) // EPOCHS])
    found["hand_error"] = _agrees("first epoch against float64", first_epoch, by_hand, HAND_LIMIT)
    if device != "cpu":
        on_cpu, _ = _train(torch, _network(torch), batches, "cpu")
        found["loss_on_cpu"] = on_cpu
        found["curve_error"] = _agrees(
            "loss per epoch against the CPU", losses, on_cpu, CURVE_LIMIT
        )
    return found


def _samples(torch: Any) -> tuple[Any, Any]:
    """Noisy copies of ten random prototypes: learnable, but not by a network that doesn't learn."""
    generator = torch.Generator().manual_seed(784)
    prototypes = torch.rand(10, 784, generator=generator)
    labels = torch.randint(0, 10, (TRAINING + HELD_OUT,), generator=generator)
    noise = torch.randn(len(labels), 784, generator=generator)
    return prototypes[labels] - 0.5 + 0.6 * noise, labels


def _network(torch: Any) -> Any:
    """The network from a fixed start, whatever the state of the global generator."""
    generator = torch.Generator().manual_seed(128)
    nn = torch.nn
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10), nn.LogSoftmax(dim=1))
    with torch.no_grad():
        for layer in (model[0], model[2]):
            bound = layer.in_features**-0.5
            for parameter in layer.parameters():
                parameter.copy_((torch.rand(parameter.shape, generator=generator) * 2 - 1) * bound)
    return model


def _load(torch: Any, pixels: Any, labels: Any) -> list[Any]:
    """All batches of all epochs through a shuffling DataLoader; each epoch must be the data set, reordered."""
    numbers = torch.arange(TRAINING)
    generator = torch.Generator().manual_seed(32)
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(pixels, labels, numbers),
        batch_size=BATCH,
        shuffle=True,
        generator=generator,
    )
    batches: list[Any] = []
    orders = []
    for epoch in range(EPOCHS):
        loaded = list(loader)
        x, y, order = (torch.cat([batch[part] for batch in loaded]) for part in range(3))
        orders.append(order.tolist())
        if sorted(orders[-1]) != numbers.tolist():
            raise AssertionError(
                f"epoch {epoch}: {len(set(orders[-1]))} different samples of {TRAINING} in {len(order)} loaded"
            )
        if not (torch.equal(x, pixels[order]) and torch.equal(y, labels[order])):
            raise AssertionError(
                f"epoch {epoch}: a loaded sample differs from the one in the data set"
            )
        batches.extend(batch[:2] for batch in loaded)
    if orders[0] == numbers.tolist() or orders[0] == orders[1]:
        raise AssertionError("shuffle=True left the order of the data set, or of the epoch before")
    return batches


def _train(
    torch: Any, model: Any, batches: list[Any], device: str
) -> tuple[list[float], list[float]]:
    """Mean loss per epoch, and every loss of the first epoch."""
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM)
    losses = []
    for x, y in batches:
        x, y = x.to(device), y.to(device)
        optimizer.zero_grad()
        loss = torch.nn.functional.nll_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    values = torch.stack(losses).cpu().tolist()
    steps = len(batches) // EPOCHS
    return [sum(values[i : i + steps]) / steps for i in range(0, len(values), steps)], values[
        :steps
    ]


def _fell(losses: list[float]) -> dict[str, Any]:
    ratio = losses[-1] / losses[0]
    if not ratio <= FALL:
        raise AssertionError(
            f"loss went from {losses[0]:.4g} to {losses[-1]:.4g} in ten epochs, due a quarter"
        )
    return {"value": ratio, "limit": FALL, "unit": "last / first loss"}


def _accuracy(torch: Any, model: Any, held_out: tuple[Any, Any]) -> dict[str, Any]:
    pixels, labels = held_out
    with torch.no_grad():
        right = float((model(pixels).argmax(1) == labels).float().mean())
    if not right >= ACCURACY:
        raise AssertionError(f"held-out accuracy is {right:.3f}, due at least {ACCURACY}")
    return {"value": right, "limit": ACCURACY, "unit": "at least"}


def _agrees(what: str, got: list[float], want: list[float], limit: float) -> dict[str, Any]:
    errors = [abs(a - b) for a, b in zip(got, want)]
    worst = max(range(len(errors)), key=lambda i: (errors[i] != errors[i], errors[i]))
    if len(got) != len(want) or not errors[worst] <= limit:
        raise AssertionError(
            f"{what}: {got[worst]:.6g} instead of {want[worst]:.6g} at {worst}, allowed difference {limit:g}"
        )
    return {"value": errors[worst], "limit": limit, "unit": "absolute"}


def _by_hand(torch: Any, start: list[Any], batches: list[Any]) -> list[float]:
    """The losses of the first epoch in float64, gradients by the chain rule, momentum as a running sum."""
    w1, b1, w2, b2 = weights = [value.clone() for value in start]
    momenta = [torch.zeros_like(value) for value in weights]
    losses = []
    for x, y in batches:
        x, rows = x.double(), torch.arange(len(y))
        hidden = (x @ w1.T + b1).clamp(min=0)
        scores = hidden @ w2.T + b2
        log_p = scores - scores.exp().sum(1, keepdim=True).log()
        losses.append(float(-log_p[rows, y].mean()))
        flow = log_p.exp()
        flow[rows, y] -= 1
        flow /= len(y)
        back = (flow @ w2) * (hidden > 0)
        gradients = (back.T @ x, back.sum(0), flow.T @ hidden, flow.sum(0))
        for weight, momentum, gradient in zip(weights, momenta, gradients):
            momentum.mul_(MOMENTUM).add_(gradient)
            weight.sub_(RATE * momentum)
    return losses
