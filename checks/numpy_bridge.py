"""Arrays and tensors share memory and agree in every dtype, both ways.

What it proves: torch was built for this NumPy's binary interface: `from_numpy`, `numpy()` and `asarray` share
memory, keep strides and values, and refuse what they can't hold.

How: exact comparison of seeded values in nine dtypes; a change made on one side must show on the other. Skipped
where NumPy isn't installed: torch works without.

A failure such as "Numpy is not available" means that torch was built for NumPy 1 and NumPy 2 is installed (or the
reverse): torch 2.2 and older need numpy<2.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import unittest
import warnings
from typing import Any

SUMMARY = "NumPy arrays and tensors share memory and agree"
DEVICES = "cpu"
REQUIRES = ("import",)
LEVEL = "standard"
TIMEOUT_S = 30.0

DTYPES = ("float64", "float32", "float16", "complex64", "int64", "int32", "int16", "int8", "uint8")


def run(torch: Any, device: str) -> dict[str, Any]:
    try:
        numpy = importlib.import_module("numpy")
    except ImportError as error:
        if _installed():
            raise AssertionError(f"NumPy is installed and can't be imported: {error}") from error
        raise unittest.SkipTest("NumPy isn't installed in the target") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.from_numpy(numpy.arange(3))
    except RuntimeError as error:
        raise AssertionError(f"torch refuses NumPy {numpy.__version__}: {error}") from error
    for name in DTYPES:
        _both_ways(torch, numpy, name)
    _shared(torch, numpy)
    _strides(torch, numpy)
    _refused(torch, numpy)
    return {"numpy": str(numpy.__version__), "dtypes": len(DTYPES)}


def _installed() -> bool:
    try:
        importlib.metadata.version("numpy")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _both_ways(torch: Any, numpy: Any, name: str) -> None:
    array = numpy.random.RandomState(3).randint(-100, 100, (4, 5)).astype(name)
    if name.startswith(("float", "complex")):
        array = array / numpy.asarray(7, dtype=name)
    tensor = torch.from_numpy(array)
    if tensor.dtype != getattr(torch, name) or tensor.tolist() != array.tolist():
        raise AssertionError(
            f"{name} became {tensor.dtype}: {tensor[0].tolist()} for {array[0].tolist()}"
        )
    back = (tensor + tensor).numpy()
    if back.dtype != array.dtype or back.tolist() != (array + array).tolist():
        raise AssertionError(f"{name} came back as {back.dtype}: {back[0].tolist()}")


def _shared(torch: Any, numpy: Any) -> None:
    array = numpy.arange(6.0)
    tensor = torch.from_numpy(array)
    array[1] = 41.0
    tensor[2] = 42.0
    out = tensor.numpy()
    out[3] = 43.0
    due = [0.0, 41.0, 42.0, 43.0, 4.0, 5.0]
    if array.tolist() != due or tensor.tolist() != due:
        raise AssertionError(
            f"shared memory diverged: array {array.tolist()}, tensor {tensor.tolist()}, due {due}"
        )
    copy = torch.tensor(array)
    array[0] = -1.0
    if float(copy[0]) != 0.0:
        raise AssertionError("torch.tensor(array) shares memory; a copy was due")


def _strides(torch: Any, numpy: Any) -> None:
    array = numpy.arange(24).reshape(4, 6)[1::2, ::3].T
    tensor = torch.from_numpy(array)
    if tensor.tolist() != array.tolist() or torch.arange(6).reshape(2, 3).t().numpy().tolist() != [
        [0, 3],
        [1, 4],
        [2, 5],
    ]:
        raise AssertionError(f"a strided view became {tensor.tolist()}, due {array.tolist()}")


def _refused(torch: Any, numpy: Any) -> None:
    """Text, backward strides, and tensors that autograd watches can't cross."""
    acts: dict[str, Any] = {
        "an array of text": lambda: torch.from_numpy(numpy.array(["a", "b"])),
        "an array with a negative stride": lambda: torch.from_numpy(numpy.arange(4)[::-1]),
        "a tensor that requires a gradient": lambda: torch.ones(2, requires_grad=True).numpy(),
    }
    for what, act in acts.items():
        try:
            act()
        except (TypeError, ValueError, RuntimeError):
            continue
        raise AssertionError(f"{what} crossed the bridge; an error was due")
