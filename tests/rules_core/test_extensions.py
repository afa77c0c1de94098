"""Rules about packages with compiled libraries of their own: each fault, and a machine nearly without it."""

from __future__ import annotations

from typing import Any

import pytest

from envsetup.model import Extension
from envsetup.testing import torch
from tests.rules_core.test_other_rules import SITE, card, codes, env

SYMBOL = "_ZN3c105ErrorC2ENS_14SourceLocationENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"


def library(package: str, name: str = "_C.so", **more: Any) -> Extension:
    return Extension(package=package, path=f"{SITE}/{package}/{name}", **more)


def has(*extensions: Extension, **more: Any) -> dict[str, Any]:
    return {"extensions": extensions, **more}


def bitsandbytes(*versions: str, **more: Any) -> dict[str, Any]:
    names = (f"libbitsandbytes_cuda{version}.so" for version in versions)
    built = [library("bitsandbytes", name, architectures=("sm_80",)) for name in names]
    cuda = torch("2.14.1+cu130", official=True)
    ampere = (card(compute_capability="8.0"),)
    return {**has(*built), "torch": cuda, "gpus": ampere, **more}


def holds(*architectures: str, gpu: str) -> dict[str, Any]:
    return has(
        library("gsplat", architectures=architectures),
        gpus=(card(compute_capability=gpu),),
    )


FLASH = library("flash-attn", missing=(SYMBOL,))
PAIRS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("AB103", has(FLASH), has(library("flash-attn"))),
    ("AB104", has(library("torch-scatter", missing=(SYMBOL,))), has(FLASH)),
    ("AB106", bitsandbytes("124", "128"), bitsandbytes("124", "130")),
    (
        "AB106",
        bitsandbytes("130", **env(BNB_CUDA_VERSION="124")),
        bitsandbytes("124", "130", **env(BNB_CUDA_VERSION="12.4")),
    ),
    ("AR103", holds("sm_80", "sm_90", gpu="7.5"), holds("sm_80", "sm_90", gpu="8.6")),
    ("AR103", holds("sm_90", gpu="12.0"), holds("sm_90", "compute_90", gpu="12.0")),
    ("AR103", holds("sm_90", gpu="10.0"), holds(gpu="10.0")),
]


@pytest.mark.parametrize(("code", "with_fault", "nearly"), PAIRS, ids=[p[0] for p in PAIRS])
def test_the_fault_is_found_and_its_like_is_not(
    code: str, with_fault: dict[str, Any], nearly: dict[str, Any]
) -> None:
    assert code in codes(with_fault)
    assert code not in codes(nearly)
