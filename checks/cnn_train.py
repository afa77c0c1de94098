"""Convolutions are right forward and backward, in both memory layouts, and a small network of them learns.

What it proves: conv2d plain, strided and padded unequally, dilated, grouped; its gradients by input and weight;
channels-last; max-pooling and batch normalisation; twelve epochs of a training that tells three textures apart.

On the CPU the convolutions are done once more without oneDNN, which then serves as the second opinion.

How: convolution is written out in float64 on the CPU as a sum over the kernel's positions of shifted, strided slices;
autograd differentiates that sum, which uses no convolution code. Batch normalisation is compared with its formula.

Tolerances: a sum of at most C x KH x KW = 54 terms forward and of 600 backward: terms x eps of float32 relative
to the largest result. TensorFloat-32, which torch allows in cuDNN by default, is switched off for the comparison.
The training must reach an accuracy of 90 % (chance is 33 %) and end below half of its first loss.

A failure means a wrong cuDNN, MIOpen or oneDNN for this device; try the same with torch.backends.cudnn or
torch.backends.mkldnn disabled.
"""

from __future__ import annotations

from typing import Any

from ._numbers import draw

SUMMARY = "convolutions equal the written-out sum, and a small network of them learns"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 90.0

CASES = (
    {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1},
    {"stride": (2, 1), "padding": (3, 1), "dilation": (1, 1), "groups": 1},
    {"stride": (1, 1), "padding": (2, 2), "dilation": (2, 3), "groups": 1},
    {"stride": (1, 2), "padding": (1, 0), "dilation": (1, 1), "groups": 3},
)
TERMS = 54
TERMS_BACK = 600


def run(torch: Any, device: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        for number, case in enumerate(CASES):
            found[f"conv{number}_error"] = _convolution(torch, device, case)
        if device == "cpu":
            with torch.backends.mkldnn.flags(enabled=False):
                found["without_onednn_error"] = _convolution(torch, device, CASES[0])
            found["onednn"] = torch.backends.mkldnn.is_available()
        found["normalisation_error"] = _normalisation(torch, device)
        _pooling(torch, device)
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


def _convolution(torch: Any, device: str, case: dict[str, Any]) -> dict[str, Any]:
    x = draw(torch, 1, torch.float32, 2, 6, 13, 11)
    w = draw(torch, 2, torch.float32, 6, 6 // case["groups"], 3, 3)
    slow_x, slow_w = (t.double().requires_grad_(True) for t in (x, w))
    want = _written_out(torch, slow_x, slow_w, **case)
    flow = draw(torch, 3, torch.float32, *want.shape)
    want.backward(flow.double())
    worst = 0.0
    for layout in (torch.contiguous_format, torch.channels_last):
        on_x, on_w = (
            t.to(device).contiguous(memory_format=layout).clone().requires_grad_(True)
            for t in (x, w)
        )
        got = torch.nn.functional.conv2d(on_x, on_w, **case)
        got.backward(flow.to(device))
        worst = max(worst, _ratio(f"conv2d {case}", got, want, TERMS))
        worst = max(worst, _ratio(f"gradient by input {case}", on_x.grad, slow_x.grad, TERMS_BACK))
        worst = max(worst, _ratio(f"gradient by weight {case}", on_w.grad, slow_w.grad, TERMS_BACK))
    return {"value": worst, "limit": 1.0, "unit": "of the allowed error"}


def _ratio(what: str, got: Any, want: Any, terms: int) -> float:
    """Error as a share of what is allowed for a sum of so many terms in float32."""
    size = float(want.detach().abs().max())
    error = float((got.detach().cpu().double() - want.detach()).abs().max()) / size
    limit = terms * 2.0**-23
    if not error <= limit:
        raise AssertionError(
            f"{what}: off by {error:.3g} of the largest value, allowed {limit:.3g}"
        )
    return error / limit


def _written_out(
    torch: Any, x: Any, w: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    """Convolution as a sum over kernel positions: slices of the padded input times one weight each."""
    x = torch.nn.functional.pad(x, (padding[1], padding[1], padding[0], padding[0]))
    sizes = [
        (x.shape[2 + i] - dilation[i] * (w.shape[2 + i] - 1) - 1) // stride[i] + 1 for i in range(2)
    ]
    x = x.reshape(x.shape[0], groups, -1, *x.shape[2:])
    w = w.reshape(groups, -1, *w.shape[1:])
    total = 0
    for i in range(w.shape[3]):
        for j in range(w.shape[4]):
            top, left = i * dilation[0], j * dilation[1]
            rows = slice(top, top + stride[0] * (sizes[0] - 1) + 1, stride[0])
            columns = slice(left, left + stride[1] * (sizes[1] - 1) + 1, stride[1])
            part = x[:, :, None, :, rows, columns] * w[None, :, :, :, i, j, None, None]
            total = total + part.sum(3)
    return total.flatten(1, 2)  # type: ignore[attr-defined]


def _normalisation(torch: Any, device: str) -> dict[str, Any]:
    """Batch normalisation in training: (x - mean) / sqrt(var + eps), and its running mean."""
    x = draw(torch, 4, torch.float32, 8, 3, 5, 5) * 2 + 1
    layer = torch.nn.BatchNorm2d(3).to(device)
    got = layer(x.to(device))
    exact = x.double()
    mean, variance = exact.mean((0, 2, 3)), exact.var((0, 2, 3), unbiased=False)
    want = (exact - mean[:, None, None]) / (variance[:, None, None] + 1e-5).sqrt()
    worst = _ratio("batch normalisation", got, want, 200)
    worst = max(worst, _ratio("running mean", layer.running_mean, mean * 0.1, 200))
    return {"value": worst, "limit": 1.0, "unit": "of the allowed error"}


def _pooling(torch: Any, device: str) -> None:
    """Maxima of 2 x 2 tiles of distinct numbers, and where the gradient goes."""
    values = (
        torch.randperm(36, generator=torch.Generator().manual_seed(5)).reshape(1, 1, 6, 6).float()
    )
    x = values.to(device).requires_grad_(True)
    pooled = torch.nn.functional.max_pool2d(x, 2)
    tiles = values.reshape(3, 2, 3, 2).permute(0, 2, 1, 3).reshape(9, 4)
    if pooled.flatten().tolist() != tiles.max(1)[0].tolist():
        raise AssertionError(
            f"max-pooling gave {pooled.flatten().tolist()}, due {tiles.max(1)[0].tolist()}"
        )
    pooled.sum().backward()
    hit = sorted(values[x.grad.cpu() == 1].tolist())
    if hit != sorted(tiles.max(1)[0].tolist()):
        raise AssertionError(f"the gradient of max-pooling went to {hit}")


def _training(torch: Any, device: str) -> tuple[list[float], float]:
    """Rows, columns and checkerboards under noise; loss per epoch and accuracy on samples kept back."""
    generator = torch.Generator().manual_seed(6)
    labels = torch.arange(192) % 3
    grid = torch.arange(8)
    row = (grid % 2).float()[:, None].expand(8, 8)
    textures = torch.stack([row, row.t(), (row - row.t()).abs()])
    images = textures[labels][:, None] * 2 - 1 + torch.randn(192, 1, 8, 8, generator=generator)
    images, labels = images.to(device), labels.to(device)
    model = _network(torch).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    losses = []
    for _ in range(12):
        total = 0.0
        for start in range(0, 144, 48):
            optimizer.zero_grad()
            scores = model(images[start : start + 48])
            loss = torch.nn.functional.cross_entropy(scores, labels[start : start + 48])
            loss.backward()
            optimizer.step()
            total += float(loss.detach()) / 3
        losses.append(total)
    with torch.no_grad():
        right = model.eval()(images[144:]).argmax(1) == labels[144:]
    return losses, float(right.float().mean())


def _network(torch: Any) -> Any:
    nn = torch.nn
    layers = (
        nn.Conv2d(1, 6, 3),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(54, 3),
    )
    with torch.no_grad():
        for seed, layer in ((7, layers[0]), (8, layers[5])):
            layer.weight.copy_(draw(torch, seed, torch.float32, *layer.weight.shape) * 0.2)
            layer.bias.zero_()
    return nn.Sequential(*layers)
