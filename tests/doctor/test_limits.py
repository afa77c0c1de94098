"""How long a run may take where nobody says so, and a driver that is slow while torch works."""

from __future__ import annotations

import pytest

from envsetup.doctor import DEFAULT_LIMIT_S, Examination, limit_s
from envsetup.doctor.catalogue import all_checks, choose
from envsetup.doctor.findings import find
from envsetup.knowledge import load
from envsetup.model import (
    Known,
    Level,
    Machine,
    NvidiaDriver,
    Source,
    TorchRuntime,
    Unreadable,
)

SOURCE = Source(kind="flag", ref="test")


@pytest.mark.parametrize("level", ["standard", "deep"])
def test_no_check_is_cut_by_the_usual_limit_before_its_own(level: Level) -> None:
    checks = choose(all_checks(), level, (), ())
    whole = limit_s(Examination(level=level), checks)

    if level == "standard":
        assert whole == DEFAULT_LIMIT_S
    else:
        assert whole >= sum(c.timeout_s for c in checks)
    assert all(c.timeout_s < whole for c in checks)


def test_a_limit_that_is_given_holds() -> None:
    assert limit_s(Examination(level="deep", timeout_s=7.0), all_checks()) == 7.0


@pytest.mark.parametrize(("works", "severity"), [(True, "note"), (False, "error")])
def test_a_driver_that_is_slow_is_a_note_where_torch_works(works: bool, severity: str) -> None:
    silent = Unreadable(
        error="NVML did not answer within 30 s", source=Source(kind="nvml", ref="nvmlInit")
    )
    driver = NvidiaDriver(version=Known(value="580.95.05", source=SOURCE), nvml=silent)
    runtime = TorchRuntime(version="2.13.0+cu130", cuda="13.0", cuda_available=works)
    machine = Machine(
        os=Known(value="linux", source=SOURCE),
        nvidia_driver=Known(value=driver, source=SOURCE),
        torch_runtime=Known(value=runtime, source=SOURCE),
    )

    found = {f.code: f for f in find(machine, load())[0]}

    assert found["DR113"].severity == severity
