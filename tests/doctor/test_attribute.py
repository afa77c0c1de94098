"""What torch itself says when CUDA doesn't start always ends in a finding, and facts come first."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from envsetup.doctor.findings import find
from envsetup.knowledge import load
from envsetup.model import (
    Absent,
    Finding,
    Machine,
    Memory,
    Package,
    Source,
    TorchInstall,
    TorchRuntime,
    Unreadable,
)
from envsetup.testing import driver, gpu, known, machine, torch

ERROR = "Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before? Error "


def box(error: str | None, **more: object) -> Machine:
    facts: dict[str, object] = {
        "os": "linux",
        "arch": "x86_64",
        "gpus": (gpu(name="NVIDIA L4", compute_capability="8.9"),),
        "nvidia_driver": driver(device_nodes=("/dev/nvidia0",)),
        "environment": {},
        "torch": torch("2.11.0+cu130"),
        "torch_runtime": TorchRuntime(
            version="2.11.0+cu130", cuda="13.0", cuda_available=False, cuda_error=error
        ),
    }
    return machine(**{**facts, **more})


def serious(one: Machine) -> dict[str, Finding]:
    findings, _ = find(one, load())
    return {f.code: f for f in findings if f.severity == "error" and f.suppressed_by is None}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("The NVIDIA driver on your system is too old (found version 12040).", "WH103"),
        ("CUDA unknown error - this may be due to an incorrectly set up environment", "DR107"),
        (f"{ERROR}804: forward compatibility was attempted on non supported HW", "CU107"),
        (f"{ERROR}46: CUDA-capable device(s) is/are busy or unavailable", "GP108"),
        (f"{ERROR}304: OS call failed or operation not supported on this OS", "DR114"),
        ("CUDA driver initialization failed, you might not have a CUDA gpu.", "DR114"),
        ("No CUDA GPUs are available", "DR114"),
        (None, "DR114"),
    ],
)
def test_each_error_of_torch_ends_in_one_finding(error: str | None, code: str) -> None:
    found = serious(box(error))

    assert list(found) == [code]
    if error:
        assert error[:40] in found[code].message + str(found[code].evidence)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("ImportError: libcublas.so.13: cannot open shared object file: No such file", "CU101"),
        ("ImportError: /lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found", "AB108"),
        ("ImportError: something that nobody has seen before", "PY113"),
    ],
)
def test_an_import_that_fails_is_named_by_its_own_words(error: str, code: str) -> None:
    failed = Unreadable(error=error, source=Source(kind="target", ref="import torch"))
    found = serious(box(None, torch_runtime=failed))

    assert list(found) == [code]


WANT_OF_MEMORY = [
    "MemoryError",
    "ImportError: libtorch_cpu.so: failed to map segment from shared object",
]


@pytest.mark.parametrize("error", WANT_OF_MEMORY)
def test_an_import_that_ran_into_a_limit_of_memory_is_named_by_the_limit(error: str) -> None:
    failed = Unreadable(error=error, source=Source(kind="target", ref="import torch"))
    limits = known({"address_space_bytes": 600 * 2**20})
    memory = known(Memory(total_bytes=64 * 2**30))
    found = serious(box(None, torch_runtime=failed, memory=memory, limits=limits))

    assert list(found) == ["CT108"]
    assert "limit on address space is 0.6 GiB" in found["CT108"].message


def test_a_limit_of_memory_that_hinders_the_look_at_torch_itself_is_named_all_the_same() -> None:
    failed = Unreadable(error=WANT_OF_MEMORY[1], source=Source(kind="target", ref="import torch"))
    unseen = Unreadable(error="the probe itself failed (MemoryError: )", source=failed.source)
    limits = known({"address_space_bytes": 300 * 2**20})
    memory = known(Memory(total_bytes=64 * 2**30))
    found = serious(box(None, torch=unseen, torch_runtime=failed, memory=memory, limits=limits))

    assert list(found) == ["CT108"]


@pytest.mark.parametrize("limit", [-1, 32 * 2**30])
def test_a_limit_that_leaves_enough_explains_no_import(limit: int) -> None:
    error = "ImportError: something that nobody has seen before"
    failed = Unreadable(error=error, source=Source(kind="target", ref="import torch"))
    limits = known({"address_space_bytes": limit})
    memory = known(Memory(total_bytes=64 * 2**30, cgroup_limit_bytes=2**30))
    found = serious(box(None, torch_runtime=failed, memory=memory, limits=limits))

    assert list(found) == ["PY113"]


def test_damaged_files_explain_an_import_by_themselves() -> None:
    cut = TorchInstall(
        version="2.11.0+cu130", build="cu130", broken_files=("libc10.so is missing",)
    )
    error = "ImportError: libcublas.so.13: cannot open shared object file"
    failed = Unreadable(error=error, source=Source(kind="target", ref="import torch"))

    assert list(serious(box(None, torch=known(cut), torch_runtime=failed))) == ["PY113"]


@pytest.mark.parametrize(
    ("name", "code"), [("nvidia-cublas", "CU101"), ("nvidia-cudnn-cu13", "CU105")]
)
def test_a_damaged_package_of_nvidia_is_found_without_an_import(name: str, code: str) -> None:
    whole = Package(name=name, version="13.1.0", location="/env", metadata="x.dist-info")
    cut = replace(whole, broken_files=("nvidia/lib/lib.so.13 is missing (100 bytes recorded)",))
    works = known(TorchRuntime(version="2.11.0+cu130", cuda="13.0", cuda_available=True))

    found = serious(box(None, torch_runtime=works, packages=known((cut,))))
    assert list(found) == [code]
    assert f"{name}==13.1.0" in (found[code].fixes[0].argv or ())
    assert serious(box(None, torch_runtime=works, packages=known((whole,)))) == {}


def test_where_there_is_no_gpu_cuda_need_not_start() -> None:
    none = box("Found no NVIDIA driver on your system.", gpus=Absent(), nvidia_driver=Absent())

    assert serious(none) == {}


def test_an_error_that_a_missing_gpu_does_not_explain_is_told_all_the_same() -> None:
    error = "Unexpected error from cudaGetDeviceCount(). Error 46: CUDA-capable device(s) is/are busy or unavailable"
    none = box(error, gpus=Absent(), nvidia_driver=Absent())

    findings, _ = find(none, load())
    assert [f.severity for f in findings if f.code == "GP108"] == ["warning"]


def test_where_cuda_works_nothing_is_said() -> None:
    works = TorchRuntime(version="2.11.0+cu130", cuda="13.0", cuda_available=True)

    assert serious(box(None, torch_runtime=known(works))) == {}


def test_gpus_that_were_hidden_are_another_matter() -> None:
    hidden = box("No CUDA GPUs are available", environment=known({"CUDA_VISIBLE_DEVICES": ""}))

    assert "DR114" not in serious(hidden)


def test_a_judge_that_read_the_words_is_not_overruled() -> None:
    """Error 802 on a card without NVSwitch isn't Fabric Manager's; what stands is the catch-all."""
    found = serious(box(f"{ERROR}802: system not yet initialized"))

    assert list(found) == ["DR114"]
