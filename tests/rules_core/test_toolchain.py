"""Rules about assemblers, compilers, cuDNN's version and torch's helper: each fault, and a machine nearly without it."""

from __future__ import annotations

from typing import Any

import pytest

from envsetup.model import Absent, Filesystem, Gpu, TorchInstall, TorchRuntime
from envsetup.testing import SOURCE
from tests.rules_core.test_other_rules import card, codes, env, one

PIN = "nvidia-cudnn-cu13==9.19.0.56; platform_system == 'Linux'"


def cudnn(number: str, pin: str = PIN) -> dict[str, Any]:
    return {
        "packages": (
            one("torch", "2.14.1", requires=(pin,)),
            one("numpy", "2.2.0"),
        ),
        "torch_runtime": TorchRuntime(cuda_available=True, libraries={"cudnn": number}),
    }


def gcc(version: int, newest: int = 13, **variables: str) -> dict[str, Any]:
    facts = {"gcc_version": version, "gcc_newest_for_cuda": newest}
    return {**facts, "cuda_toolkit": "13.0", **env(**variables)}


def assembles(capability: str, **there: str) -> dict[str, Any]:
    told = {name.replace("_", "-"): version for name, version in there.items()}
    return {"gpus": (card(compute_capability=capability),), "triton_ptxas": told}


def helper(executable: bool | None, *, options: tuple[str, ...] = ()) -> dict[str, Any]:
    torch = TorchInstall(version="2.14.1+cu130", build="cu130", cuda="13.0", shm_manager=executable)
    lies = Filesystem(role="environment", path="/env", kind="ext4", options=options, writable=True)
    return {"torch": torch, "storage": (lies,)}


def unimported(options: tuple[str, ...]) -> dict[str, Any]:
    return {**helper(None, options=options), "torch_runtime": Absent()}


def temporary(length: int) -> dict[str, Any]:
    lies = Filesystem(role="tmp", path="/" + "t" * (length - 1), writable=True)
    return {"storage": (lies,)}


def intel(number: str) -> dict[str, Any]:
    torch = TorchInstall(version="2.14.1+xpu", build="xpu", xpu="20250200", official=True)
    device = Gpu(vendor="intel", index=0, source=SOURCE, pci_id=number)
    return {"gpus": (device,), "torch": torch, "level_zero": "/usr/lib/ze"}


PAIRS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("CU104", cudnn("90800"), cudnn("91900")),
    ("CU104", cudnn("8907"), cudnn("92000")),
    (
        "CU104",
        cudnn("8600", "nvidia-cudnn-cu11 (==8.7.0.84)"),
        cudnn("8700", "nvidia-cudnn-cu11 (==8.7.0.84)"),
    ),
    ("CU110", gcc(14), gcc(13)),
    ("CU110", gcc(14), gcc(14, CXX="g++-13")),
    (
        "TC107",
        assembles("12.1", ptxas="12.8"),
        assembles("12.1", ptxas="12.8", ptxas_blackwell="12.9"),
    ),
    (
        "TC107",
        assembles("9.0", ptxas="11.7", ptxas_blackwell="13.0"),
        assembles("9.0", ptxas="12.8"),
    ),
    ("DL105", helper(False), helper(True)),
    ("DL105", helper(False), helper(False, options=("noexec",))),
    ("ST107", unimported(("noexec",)), unimported(())),
    ("DL105", temporary(74), temporary(73)),
    ("XP104", intel("8086:3e92"), intel("8086:56a0")),
]


@pytest.mark.parametrize(("code", "with_fault", "nearly"), PAIRS, ids=[p[0] for p in PAIRS])
def test_the_fault_is_found_and_its_like_is_not(
    code: str, with_fault: dict[str, Any], nearly: dict[str, Any]
) -> None:
    assert code in codes(with_fault)
    assert code not in codes(nearly)
