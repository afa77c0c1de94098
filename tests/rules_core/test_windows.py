"""Rules about Windows: each fault, and a machine nearly without it."""

from __future__ import annotations

from typing import Any

import pytest

from envsetup.doctor.findings import find
from envsetup.knowledge import load
from envsetup.model import Absent, Launch, Python, Windows
from envsetup.testing import machine, python, torch
from tests.rules_core.test_other_rules import GIB, card, codes, loads

TORCH = torch("2.14.1+cu130")
RUNS = {"launch": Launch(), "environment": {}}
SHORT, LONG = "C:\\e\\Lib\\site-packages", "C:\\" + 140 * "e" + "\\envs\\a\\Lib\\site-packages"


def windows_python(folder: str = SHORT, **more: Any) -> Python:
    return python(executable="C:\\e\\python.exe", site_packages=(folder,), **more)


def windows(more: dict[str, Any] | None = None, **told: Any) -> dict[str, Any]:
    facts = {"os": "windows", "torch": TORCH, "python": windows_python(), "torch_runtime": Absent()}
    return {**facts, "windows": Windows(**told), **(more or {})}


def shown(name: str, model: str, **told: Any) -> dict[str, Any]:
    return windows({"gpus": (card(name=name, driver_model=model),)}, **told)


MISSING = ("msvcp140.dll",)
PAIRS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("WN101", windows(vc_missing=MISSING), windows(vc_runtime="14.44.35211")),
    ("WN101", windows(vc_missing=MISSING), windows({"torch_runtime": loads()}, vc_missing=MISSING)),
    ("WN102", windows(other_dlls=("libiomp5md.dll",)), windows()),
    (
        "WN103",
        windows({"python": windows_python(LONG)}, long_paths=False),
        windows({"python": windows_python(LONG)}, long_paths=True),
    ),
    (
        "WN103",
        windows({"python": windows_python(LONG)}, long_paths=False),
        windows({"python": windows_python(SHORT)}, long_paths=False),
    ),
    (
        "WN103",
        windows({"python": windows_python(LONG)}, long_paths=False),
        windows({"python": windows_python(LONG)}),
    ),
    ("WN104", windows(commit_available_bytes=GIB), windows(commit_available_bytes=20 * GIB)),
    (
        "WN104",
        windows(commit_available_bytes=GIB),
        windows({"torch": torch("2.14.1+cpu")}, commit_available_bytes=GIB),
    ),
    (
        "WN107",
        windows({"python": windows_python(has_headers=False)}, embedded_python=True),
        windows({"python": windows_python(has_headers=True)}, embedded_python=True),
    ),
    (
        "WN107",
        windows({"python": windows_python(has_headers=False)}, embedded_python=True),
        windows({"python": windows_python(has_headers=False)}, embedded_python=False),
    ),
    ("WN108", windows(RUNS), windows({**RUNS, "environment": {"USE_LIBUV": "0"}})),
    ("WN108", windows(RUNS), windows({**RUNS, "launch": Absent()})),
    ("WN109", shown("NVIDIA RTX A6000", "WDDM"), shown("NVIDIA RTX A6000", "TCC")),
    ("WN109", shown("NVIDIA RTX A6000", "WDDM"), shown("NVIDIA GeForce RTX 4090", "WDDM")),
    ("WN109", shown("NVIDIA RTX A6000", "WDDM"), shown("NVIDIA RTX A6000", "WDDM", tdr_delay_s=60)),
]


@pytest.mark.parametrize(("code", "fault", "nearly"), PAIRS)
def test_the_fault_is_found_and_what_is_nearly_it_is_not(
    code: str, fault: dict[str, Any], nearly: dict[str, Any]
) -> None:
    assert code in codes(fault)
    assert code not in codes(nearly)


@pytest.mark.parametrize(
    ("code", "fault", "severity"),
    [
        ("WN101", windows(vc_missing=MISSING), "error"),
        (
            "WN103",
            windows({"python": windows_python(LONG), "torch": Absent()}, long_paths=False),
            "warning",
        ),
        ("WN103", windows({"python": windows_python(LONG)}, long_paths=False), "note"),
        ("WN104", windows(commit_available_bytes=GIB), "warning"),
        ("WN104", windows(commit_available_bytes=5 * GIB), "note"),
    ],
)
def test_it_weighs_what_it_costs(code: str, fault: dict[str, Any], severity: str) -> None:
    assert {f.severity for f in find(machine(**fault), load())[0] if f.code == code} == {severity}
