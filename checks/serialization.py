"""What is saved is what is loaded, byte for byte; a damaged or hostile file is refused.

What it proves: tensors of every common dtype, views that share storage, nested containers and an optimizer's state
survive `torch.save` and `torch.load(weights_only=True)`, in memory and on disk; `map_location` brings them to the
CPU; a training goes on after loading as it would have without; a cut file, and one that would run code, raise.

How: seeded values compared exactly, byte by byte. The file lies in a fresh temporary folder.

A failure means that checkpoints written here can't be trusted. Look at the disk and the temporary folder first.
"""

from __future__ import annotations

import io
import os
import pickle
import tempfile
from typing import Any

SUMMARY = "saved tensors and optimizer states load unchanged, damaged files are refused"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 60.0

DTYPES = (
    "float64",
    "float32",
    "float16",
    "bfloat16",
    "complex64",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "bool",
)


def run(torch: Any, device: str) -> dict[str, Any]:
    tensors = _tensors(torch, device)
    saved = {"flat": tensors, "nested": [{"deep": (tensors["float32"], 7, "word", None)}]}
    buffer = io.BytesIO()
    torch.save(saved, buffer)
    data = buffer.getvalue()
    for place in (None, "cpu"):
        loaded = torch.load(io.BytesIO(data), map_location=place, weights_only=True)
        _same(torch, saved, loaded, device if place is None else "cpu")
    _shared_storage(torch, device)
    _refused(torch, data)
    _training_goes_on(torch, device)
    return {"tensors": len(tensors), "bytes": len(data)}


def _tensors(torch: Any, device: str) -> dict[str, Any]:
    """One tensor a dtype, out of order in memory (transposed), with every bit pattern possible for integers."""
    generator = torch.Generator().manual_seed(4)
    found = {}
    for name in DTYPES:
        values = torch.randint(0, 120, (5, 7), generator=generator)
        value = (values % 2 if name == "bool" else values).to(getattr(torch, name))
        if value.is_floating_point():
            value = value / 7
        try:
            found[name] = value.to(device).t()
        except (RuntimeError, TypeError):
            continue
    if "float32" not in found:
        raise AssertionError(f"{device} holds no float32")
    return found


def _same(torch: Any, saved: Any, loaded: Any, device: str) -> None:
    for name, value in saved["flat"].items():
        got = loaded["flat"][name]
        same = (
            got.dtype == value.dtype
            and got.stride() == value.stride()
            and _is_on(torch, got, device)
        )
        if not same or not torch.equal(got.cpu(), value.cpu()):
            raise AssertionError(
                f"{name} came back as {got.dtype} on {got.device} with strides {got.stride()}: "
                f"{got.flatten()[:4].tolist()}, saved {value.flatten()[:4].tolist()}"
            )
    inner = loaded["nested"][0]["deep"]
    if inner[1:] != (7, "word", None) or not torch.equal(inner[0], loaded["flat"]["float32"]):
        raise AssertionError(f"the nested container came back as {inner}")


def _is_on(torch: Any, tensor: Any, device: str) -> bool:
    """Whether it lies there; a device named without a number is any of its kind."""
    place = torch.device(device)
    return tensor.device.type == place.type and place.index in (None, tensor.device.index)


def _shared_storage(torch: Any, device: str) -> None:
    """A view saved beside its base is a view after loading: a change shows in both."""
    base = torch.arange(6.0, device=device)
    buffer = io.BytesIO()
    torch.save([base, base[2:4]], buffer)
    buffer.seek(0)
    base, view = torch.load(buffer, weights_only=True)
    view += 10
    if base.tolist() != [0.0, 1.0, 12.0, 13.0, 4.0, 5.0]:
        raise AssertionError(f"a loaded view no longer shares its base: {base.tolist()}")


class _Hostile:
    """Would call os.getpid when unpickled; a safe loader must not."""

    def __reduce__(self) -> Any:
        return os.getpid, ()


def _refused(torch: Any, data: bytes) -> None:
    buffer = io.BytesIO()
    torch.save({"weights": _Hostile()}, buffer)
    damaged = {
        "a file cut in half": data[: len(data) // 2],
        "a file without its last bytes": data[:-30],
        "a file that would run code": buffer.getvalue(),
        "no file of torch's": b"certainly not a checkpoint" * 20,
    }
    for what, content in damaged.items():
        try:
            loaded = torch.load(io.BytesIO(content), weights_only=True)
        except Exception:  # whatever the version raises: EOFError, RuntimeError, UnpicklingError
            continue
        raise AssertionError(f"{what} was loaded as {str(loaded)[:80]}")


def _training_goes_on(torch: Any, device: str) -> None:
    """Three steps, saved, two more: the same as from the file, exactly, with the optimizer's state."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "checkpoint.pt")
        weight, optimizer = _start(torch, device)
        _steps(weight, optimizer, 3)
        torch.save({"weight": weight.detach(), "optimizer": optimizer.state_dict()}, path)
        _steps(weight, optimizer, 2)
        again, fresh = _start(torch, device)
        loaded = _checkpoint(torch, path, device)
    with torch.no_grad():
        again.copy_(loaded["weight"])
    fresh.load_state_dict(loaded["optimizer"])
    _steps(again, fresh, 2)
    if not torch.equal(weight, again):
        raise AssertionError(
            f"after loading, training led to {again.tolist()}, without to {weight.tolist()}"
        )


def _checkpoint(torch: Any, path: str, device: str) -> Any:
    """Loaded safely; the safe loader of 1.13 doesn't know the opcode of a float (71), and this file is ours."""
    try:
        return torch.load(path, map_location=device, weights_only=True)
    except pickle.UnpicklingError as error:
        if "operand 71" not in str(error):
            raise
        return torch.load(path, map_location=device, weights_only=False)


def _start(torch: Any, device: str) -> tuple[Any, Any]:
    weight = torch.nn.Parameter(torch.arange(1.0, 5.0, device=device))
    return weight, torch.optim.Adam([weight], lr=0.1)


def _steps(weight: Any, optimizer: Any, count: int) -> None:
    for _ in range(count):
        optimizer.zero_grad()
        (weight**2).sum().backward()
        optimizer.step()
