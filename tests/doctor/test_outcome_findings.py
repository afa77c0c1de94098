"""Checks that pass and warn, and one of several equal devices that is slower, are findings."""

from __future__ import annotations

import pytest

from envsetup.doctor.outcome_findings import outcome_findings
from envsetup.model import (
    Known,
    Machine,
    Measurement,
    Outcome,
    Source,
    Status,
    TorchDevice,
    TorchRuntime,
)
from envsetup.rules.registry import all_rules

SOURCE = Source(kind="flag", ref="test")


def machine(*names: str) -> Machine:
    devices = tuple(TorchDevice(kind="cuda", index=i, name=n) for i, n in enumerate(names))
    runtime = TorchRuntime(version="2.13.0", cuda="13.0", cuda_available=True, devices=devices)
    return Machine(torch_runtime=Known(value=runtime, source=SOURCE))


def measured(
    index: int, product: float, copy: float = 2900.0, status: Status = "passed"
) -> Outcome:
    rates = {
        "product": Measurement(value=product, unit="TFLOP/s, at least, of a peak of 989"),
        "copy": Measurement(value=copy, unit="GB/s, at least, of a peak of 3350"),
    }
    return Outcome(id="throughput", device=f"cuda:{index}", status=status, measurements=rates)


def found(outcomes: list[Outcome], one: Machine) -> list[tuple[str, str | None]]:
    return [(f.code, f.subject) for f in outcome_findings(outcomes, one, all_rules())]


H100 = "NVIDIA H100 80GB HBM3"


@pytest.mark.parametrize(
    ("rates", "slow"),
    [
        ((742.0, 738.0, 745.0, 641.0), ["cuda:3"]),
        ((742.0, 738.0, 745.0, 700.0), []),
        ((600.0, 742.0, 745.0, 650.0), ["cuda:0", "cuda:3"]),
        ((400.0,), []),
    ],
)
def test_a_device_is_compared_with_its_equals(rates: tuple[float, ...], slow: list[str]) -> None:
    outcomes = [measured(i, rate) for i, rate in enumerate(rates)]

    assert found(outcomes, machine(*[H100] * len(rates))) == [("CK102", s) for s in slow]


def test_a_slow_copy_counts_too() -> None:
    outcomes = [measured(0, 742.0), measured(1, 742.0, copy=2400.0)]

    assert found(outcomes, machine(H100, H100)) == [("CK102", "cuda:1")]


def test_devices_of_another_kind_are_no_equals() -> None:
    outcomes = [measured(0, 742.0), measured(1, 250.0)]

    assert found(outcomes, machine(H100, "NVIDIA A100-SXM4-80GB")) == []


def test_what_failed_is_told_by_its_own_outcome() -> None:
    outcomes = [measured(0, 742.0), measured(1, 80.0, status="failed")]

    assert found(outcomes, machine(H100, H100)) == []


def test_a_warning_of_a_check_is_a_finding_that_can_be_ignored() -> None:
    warning = Measurement(value="product at 25% of the peak")
    outcome = Outcome(
        id="throughput", device="cuda:0", status="passed", measurements={"warning": warning}
    )

    first = next(outcome_findings([outcome], machine(H100), all_rules()))
    assert (first.code, first.severity) == ("CK101", "warning")
    assert first.message == "throughput on cuda:0: product at 25% of the peak"
    assert list(outcome_findings([outcome], machine(H100), ())) == []
