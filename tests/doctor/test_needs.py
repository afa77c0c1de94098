"""What --require accepts, and that an unmet or undecidable demand is an error."""

from __future__ import annotations

import pytest

from envsetup.doctor.needs import NeedError, read_need, unmet
from envsetup.model import (
    Absent,
    Gpu,
    Known,
    Machine,
    NvidiaDriver,
    Source,
    TorchDevice,
    TorchRuntime,
)

HERE = Source(kind="text", ref="test")
MACHINE = Machine(
    gpus=Known(
        value=tuple(
            Gpu(
                vendor="nvidia",
                index=n,
                source=HERE,
                compute_capability="8.0",
                memory_total_bytes=40 * 10**9,
            )
            for n in range(2)
        ),
        source=HERE,
    ),
    nvidia_driver=Known(
        value=NvidiaDriver(version=Known(value="580.95.05", source=HERE)), source=HERE
    ),
    torch_runtime=Known(
        value=TorchRuntime(
            version="2.10.0+cu126",
            cuda="12.6",
            cuda_available=True,
            devices=tuple(
                TorchDevice(
                    kind="cuda", index=n, compute_capability="8.0", memory_total_bytes=40 * 10**9
                )
                for n in range(2)
            ),
        ),
        source=HERE,
    ),
)


def is_met(text: str, machine: Machine = MACHINE) -> bool:
    return not list(unmet([read_need(text)], machine))


@pytest.mark.parametrize(
    "text",
    [
        "cuda",
        "gpus>=2",
        "gpus:2",
        "gpus==2",
        "gpus<3",
        "torch>=2.6",
        "torch:2.9",
        "driver>=580",
        "driver>=580.65.06",
        "gpu-memory>=40GB",
        "gpu-memory>=32GiB",
        "compute-capability>=8.0",
    ],
)
def test_what_the_machine_has_is_met(text: str) -> None:
    assert is_met(text)


@pytest.mark.parametrize(
    "text",
    ["rocm", "gpus>=8", "gpus:8", "torch>=2.11", "torch<2.9", "driver>=590", "gpu-memory>=80GB"],
)
def test_what_the_machine_lacks_is_an_error(text: str) -> None:
    (finding,) = unmet([read_need(text)], MACHINE)

    assert (finding.code, finding.severity, finding.subject) == ("RQ101", "error", text)
    assert "is not met" in finding.message


@pytest.mark.parametrize(
    "text", ["cuda", "driver>=1", "torch>=1", "compute-capability>=1", "gpus:1"]
)
def test_what_nobody_knows_is_an_error_that_says_so(text: str) -> None:
    (finding,) = unmet([read_need(text)], Machine())

    assert "can't be decided" in finding.message


def test_no_torch_has_no_cuda() -> None:
    (finding,) = unmet([read_need("cuda")], Machine(torch=Absent(), torch_runtime=Absent()))

    assert "torch is not installed" in finding.message


@pytest.mark.parametrize(
    "text",
    ["", "gpus>=", "gpus>=many", "cuda>=12", "gpu-memory>=40XB", "flux", "torch ~= 2", "-rf"],
)
def test_what_can_not_be_read_is_refused(text: str) -> None:
    with pytest.raises(NeedError):
        read_need(text)


def test_a_redirected_relation_is_told_to_be_quoted() -> None:
    with pytest.raises(NeedError, match="quote"):
        read_need("gpus")
