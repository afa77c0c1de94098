"""One judge asked alone: the fault, and a machine nearly without it. For what no other table shows."""

from __future__ import annotations

from typing import Any

import pytest

from envsetup.model import Absent, Container, GpuHealth, TorchRuntime
from envsetup.testing import driver, gpu, judge, package, torch

H100 = gpu(name="NVIDIA H100 80GB HBM3", compute_capability="9.0")
GEFORCE = gpu(name="NVIDIA GeForce RTX 4090", compute_capability="8.9")
BOX = {"container": Container(runtime="docker"), "gpus": (H100,), "environment": {}}
NO_CUDA = TorchRuntime(cuda="13.0", cuda_available=False)
CUDA = TorchRuntime(cuda="13.0", cuda_available=True)
BLIND = {"gpus": (H100,), "nvidia_driver": driver(), "torch_runtime": NO_CUDA}
STUBS = {"torch": torch(), "environment": {"LD_LIBRARY_PATH": "/usr/local/cuda/lib64/stubs"}}
NO_HANDLE = "Unable to determine the device handle for GPU 0000:01:00.0: Unknown Error"
OLDER = driver("535.183.01", cuda_version="13.0")


def damaged(name: str) -> dict[str, Any]:
    return {"packages": (package(name, broken_files=("nvidia/lib/x.so is missing",)),)}


def beside(version: str, name: str, other: str) -> dict[str, Any]:
    return {"torch": torch(version), "packages": (package(name, other),)}


def health(**told: Any) -> dict[str, Any]:
    return {"gpus": (gpu(health=GpuHealth(**told)),)}


def visible(value: str, *gpus: Any) -> dict[str, Any]:
    return {"environment": {"CUDA_VISIBLE_DEVICES": value}, "gpus": gpus, "torch": torch()}


def of_majors(*majors: int) -> dict[str, Any]:
    return {"torch": torch(), "packages": tuple(package(f"nvidia-nccl-cu{n}") for n in majors)}


PAIRS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("AR107", {"gpus": (gpu(name="NVIDIA RTX 9999"),)}, {"gpus": (H100,)}),
    (
        "CT105",
        {**BOX, "nvidia_driver": driver(cuda_version=Absent())},
        {**BOX, "nvidia_driver": driver(cuda_version="13.0")},
    ),
    ("CU101", damaged("nvidia-cublas"), damaged("nvidia-cudnn-cu13")),
    ("CU105", damaged("nvidia-cudnn-cu13"), damaged("nvidia-cublas")),
    ("CU106", STUBS, {**STUBS, "environment": {"LD_LIBRARY_PATH": "/usr/local/cuda/lib64"}}),
    ("CU106", STUBS, {**STUBS, "torch_runtime": CUDA}),
    (
        "CU107",
        {"gpus": (GEFORCE,), "nvidia_driver": OLDER, "torch_runtime": NO_CUDA},
        {"gpus": (H100,), "nvidia_driver": OLDER, "torch_runtime": NO_CUDA},
    ),
    ("PY115", {"unfinished": "installation"}, {"unfinished": Absent()}),
    ("PY115", {"unfinished": "setup"}, {"unfinished": Absent()}),
    ("CU112", visible("2", H100, GEFORCE), visible("1", H100, GEFORCE)),
    ("CU112", visible("0,0", H100, GEFORCE), visible("1,0", H100, GEFORCE)),
    ("DR114", {**BLIND, "environment": {}}, {**BLIND, "environment": {}, "torch_runtime": CUDA}),
    (
        "DR114",
        {**BLIND, "environment": {}},
        {**BLIND, "environment": {"CUDA_VISIBLE_DEVICES": "-1"}},
    ),
    ("GP101", health(ecc_uncorrected_volatile=1), health(ecc_uncorrected_volatile=0)),
    ("GP104", health(error="GPU is lost"), health(error="ERR!")),
    (
        "GP104",
        health(error=NO_HANDLE),
        {**health(error=NO_HANDLE), "container": Container(runtime="docker")},
    ),
    (
        "GP109",
        {"gpus": (gpu(mig=True, mig_instances=0),)},
        {"gpus": (gpu(mig=True, mig_instances=1),)},
    ),
    (
        "WH105",
        beside("2.14.1+cu130", "torchvision", "0.28.0+cpu"),
        beside("2.14.1+cu130", "torchvision", "0.28.0+cu130"),
    ),
    (
        "WH108",
        beside("2.15.0.dev20260101+cu130", "torchvision", "0.28.0"),
        beside("2.15.0.dev20260101+cu130", "torchvision", "0.28.0.dev20260101"),
    ),
    ("WH111", of_majors(12, 13), of_majors(13)),
]


@pytest.mark.parametrize(("code", "fault", "nearly"), PAIRS)
def test_the_fault_is_found_and_its_like_is_not(
    code: str, fault: dict[str, Any], nearly: dict[str, Any]
) -> None:
    assert {f.code for f in judge(code, os="linux", **fault)} == {code}
    assert judge(code, os="linux", **nearly) == ()
