"""Rules about Windows: each fault, and a machine nearly without it."""

from __future__ import annotations

from typing import Any

import pytest

from envsetup.doctor.findings import find
from envsetup.knowledge import load
from envsetup.model import Absent, Launch, Machine, Python, Windows
from tests.rules_core.test_other_rules import GIB, card, codes, gpus, known, loads, torch

TORCH = torch("cu130", cuda="13.0")
RUNS = {"launch": known(Launch()), "environment": known({})}
SHORT, LONG = "C:\\e\\Lib\\site-packages", "C:\\" + 140 * "e" + "\\envs\\a\\Lib\\site-packages"


def python(folder: str = SHORT, **more: Any) -> Any:
    fields = {"executable": "C:\\e\\python.exe", "version": "3.12.1", **more}
    return known(Python(site_packages=(folder,), **fields))


def windows(machine: dict[str, Any] | None = None, **told: Any) -> dict[str, Any]:
    facts = {"os": known("windows"), "torch": TORCH, "python": python(), "torch_runtime": Absent()}
    return {**facts, "windows": known(Windows(**told)), **(machine or {})}


def shown(name: str, model: str, **told: Any) -> dict[str, Any]:
    return windows({"gpus": gpus(card(name=name, driver_model=model))}, **told)


MISSING = ("msvcp140.dll",)
PAIRS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("WN101", windows(vc_missing=MISSING), windows(vc_runtime="14.44.35211")),
    ("WN101", windows(vc_missing=MISSING), windows({"torch_runtime": loads()}, vc_missing=MISSING)),
    ("WN102", windows(other_dlls=("libiomp5md.dll",)), windows()),
    (
        "WN103",
        windows({"python": python(LONG)}, long_paths=False),
        windows({"python": python(LONG)}, long_paths=True),
    ),
    (
        "WN103",
        windows({"python": python(LONG)}, long_paths=False),
        windows({"python": python(SHORT)}, long_paths=False),
    ),
    (
        "WN103",
        windows({"python": python(LONG)}, long_paths=False),
        windows({"python": python(LONG)}),
    ),
    ("WN104", windows(commit_available_bytes=GIB), windows(commit_available_bytes=20 * GIB)),
    (
        "WN104",
        windows(commit_available_bytes=GIB),
        windows({"torch": torch("cpu")}, commit_available_bytes=GIB),
    ),
    (
        "WN107",
        windows({"python": python(has_headers=False)}, embedded_python=True),
        windows({"python": python(has_headers=True)}, embedded_python=True),
    ),
    (
        "WN107",
        windows({"python": python(has_headers=False)}, embedded_python=True),
        windows({"python": python(has_headers=False)}, embedded_python=False),
    ),
    ("WN108", windows(RUNS), windows({**RUNS, "environment": known({"USE_LIBUV": "0"})})),
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
            windows({"python": python(LONG), "torch": Absent()}, long_paths=False),
            "warning",
        ),
        ("WN103", windows({"python": python(LONG)}, long_paths=False), "note"),
        ("WN104", windows(commit_available_bytes=GIB), "warning"),
        ("WN104", windows(commit_available_bytes=5 * GIB), "note"),
    ],
)
def test_it_weighs_what_it_costs(code: str, fault: dict[str, Any], severity: str) -> None:
    assert {f.severity for f in find(Machine(**fault), load())[0] if f.code == code} == {severity}
