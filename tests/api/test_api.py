"""The Python API does what the commands do."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

import envsetup
from envsetup.model import Absent, Known, Libc
from envsetup.testing import machine, python

linux = partial(
    machine,
    machine(
        os="linux",
        arch="x86_64",
        libc=Libc(family="glibc", version="2.35"),
        python=python(),
        gpus=Absent(),
        torch=Absent(),
    ),
)


def test_a_machine_without_gpu_gets_a_cpu_plan() -> None:
    plan = envsetup.make_plan(linux(), "torch==2.8.*")
    assert plan.action == "install"
    assert plan.requirements == ("torch==2.8.0+cpu",)


@pytest.mark.parametrize(
    "bad", ["requests", "torch @ https://example.org/x.whl", "torch==", "-r x"]
)
def test_what_is_no_requirement_is_a_value_error(bad: str) -> None:
    with pytest.raises(ValueError, match="requirement|only a name"):
        envsetup.make_plan(linux(), bad)


def test_missing_torch_is_a_finding_and_survives_a_file(tmp_path: Path) -> None:
    report = envsetup.diagnose(linux())
    assert "PY114" in {f.code for f in report.findings}
    assert report.verdict == "unknown"  # nothing says that torch was wanted here
    report.save(tmp_path / "r.json")
    again = envsetup.Report.load(tmp_path / "r.json")
    assert [f.code for f in again.findings] == [f.code for f in report.findings]
    assert "not proven" in repr(again)


def test_probe_reads_this_machine() -> None:
    here = envsetup.probe()
    assert isinstance(here.os, Known)
    assert isinstance(here.python, Known)
