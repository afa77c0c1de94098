"""The peak that a GPU's attributes give, against its data sheet; and no verdict on a sound one.

Rates: dense 16-bit products accumulated in float32, in TFLOP/s, of the vendors' data sheets; `typical` is what
public runs of large products reach. Clocks are the boost clocks that the driver tells.
"""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import Any, NamedTuple

import pytest

CHECKS = Path(__file__).resolve().parents[2] / "checks"


def helper(name: str) -> Any:
    """A helper of the checks, as part of the package that the worker makes of their folder."""
    package = types.ModuleType("envsetup_checks")
    package.__path__ = [str(CHECKS)]
    sys.modules.setdefault(package.__name__, package)
    return importlib.import_module(f"{package.__name__}.{name}")


class Gpu(NamedTuple):
    name: str
    capability: tuple[int, int]
    multiprocessors: int
    mhz: int
    sheet: float | None
    """None where the formula has no ground: then there must be no reference."""
    typical: float


GPUS = [
    Gpu("Tesla V100-SXM2-16GB", (7, 0), 80, 1530, 125, 95),
    Gpu("NVIDIA A100-SXM4-80GB", (8, 0), 108, 1410, 312, 271),
    Gpu("NVIDIA A10", (8, 6), 72, 1695, 125, 70),
    Gpu("NVIDIA A30", (8, 0), 56, 1440, 165, 120),
    Gpu("NVIDIA L4", (8, 9), 58, 2040, 121, 60),
    Gpu("NVIDIA L40S", (8, 9), 142, 2520, 362, 240),
    Gpu("Tesla T4", (7, 5), 40, 1590, 65, 25),
    Gpu("NVIDIA GeForce RTX 2080 Ti", (7, 5), 68, 1545, 54, 45),
    Gpu("NVIDIA GeForce RTX 3060", (8, 6), 28, 1777, 25.5, 25),
    Gpu("NVIDIA GeForce RTX 3090", (8, 6), 82, 1695, 71, 65),
    Gpu("NVIDIA GeForce RTX 4060 Laptop GPU", (8, 9), 24, 2370, 29, 22),
    Gpu("NVIDIA GeForce RTX 4090", (8, 9), 128, 2520, 165, 155),
    Gpu("NVIDIA GeForce RTX 5090", (12, 0), 170, 2407, 209.5, 195),
    Gpu("NVIDIA H100 80GB HBM3", (9, 0), 132, 1980, 989, 730),
    Gpu("NVIDIA H100 PCIe", (9, 0), 114, 1755, 756, 400),
    Gpu("NVIDIA H100 NVL", (9, 0), 132, 1785, None, 600),
    Gpu("NVIDIA H200", (9, 0), 132, 1980, 989, 788),
    Gpu("NVIDIA H20", (9, 0), 78, 1980, None, 140),
    Gpu("NVIDIA B200", (10, 0), 148, 1965, 2250, 1745),
    Gpu("NVIDIA GB10", (12, 1), 48, 2418, None, 90),
    Gpu("NVIDIA Thor", (11, 0), 20, 1575, None, 60),
    Gpu("Orin", (8, 7), 16, 1300, 42.5, 20),
    Gpu("NVIDIA T1000 8GB", (7, 5), 14, 1395, None, 2.3),
    Gpu("NVIDIA T600", (7, 5), 10, 1335, None, 1.6),
    Gpu("NVIDIA GeForce MX450", (7, 5), 14, 1580, None, 3.0),
    Gpu("NVIDIA GeForce GTX 1660 Ti", (7, 5), 24, 1770, None, 4.0),
    Gpu("Quadro RTX 6000", (7, 5), 72, 1770, 130, 90),
    Gpu("NVIDIA GeForce GTX 1080", (6, 1), 20, 1733, None, 0.1),
]


@pytest.mark.parametrize("gpu", GPUS, ids=lambda gpu: gpu.name)
def test_the_peak_is_the_data_sheets_or_none(gpu: Gpu) -> None:
    about = types.SimpleNamespace(
        name=gpu.name,
        major=gpu.capability[0],
        minor=gpu.capability[1],
        multi_processor_count=gpu.multiprocessors,
        clock_rate=gpu.mhz * 1000,
    )
    peak = helper("_peaks").nvidia_product(about)

    if gpu.sheet is None:
        assert peak is None
        return
    assert abs(peak / gpu.sheet - 1) < 0.1
    least = 0.1 * peak
    assert gpu.typical > least


@pytest.mark.parametrize(
    "name", ["GRID T4-8Q", "NVIDIA A100-40C", "NVIDIA L40S-12B", "GRID V100D-8Q"]
)
def test_a_virtual_gpu_has_no_reference(name: str) -> None:
    about = types.SimpleNamespace(name=name, major=8, minor=0)
    torch = types.SimpleNamespace(cuda=types.SimpleNamespace(get_device_properties=lambda _: about))

    found = helper("_peaks").peaks(torch, "cuda:0")
    assert found[:2] == (None, None)
    assert "virtual" in found.why


def test_a_clock_that_is_not_told_gives_no_reference() -> None:
    about = types.SimpleNamespace(
        name="NVIDIA H200", major=9, minor=0, multi_processor_count=132, clock_rate=0
    )
    assert helper("_peaks").nvidia_product(about) is None


@pytest.mark.parametrize(
    ("gfx", "units", "mhz", "sheet"),
    [("gfx942:sramecc+", 304, 2100, 1307), ("gfx90a", 208, 1700, 362), ("gfx1100", 96, 2500, 123)],
)
def test_amd_gpus_have_a_peak_of_their_own(gfx: str, units: int, mhz: int, sheet: float) -> None:
    about = types.SimpleNamespace(
        name="AMD", gcnArchName=gfx, multi_processor_count=units, clock_rate=mhz * 1000
    )
    torch = types.SimpleNamespace(
        version=types.SimpleNamespace(hip="7.2"),
        cuda=types.SimpleNamespace(get_device_properties=lambda _: about),
    )
    assert abs(helper("_peaks").peaks(torch, "cuda:0").product / sheet - 1) < 0.1
