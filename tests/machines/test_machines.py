"""Recorded machines: raw answers replayed, and what must come of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from envsetup.doctor.findings import find
from envsetup.host import RecordedHost
from envsetup.knowledge import load
from envsetup.plan import Request, make_plan
from envsetup.probes.snapshot import take_snapshot
from envsetup.report.summary import summary

FOLDER = Path(__file__).parent
MACHINES = sorted(p.name for p in FOLDER.iterdir() if (p / "answers.json").is_file())


def test_there_are_machines() -> None:
    assert MACHINES


@pytest.mark.parametrize("name", MACHINES)
def test_a_recorded_machine_is_read_judged_and_planned_for(name: str) -> None:
    host = RecordedHost(str(FOLDER / name))
    expected = json.loads((FOLDER / name / "expected.json").read_text())
    machine = take_snapshot(host, host.interpreter())
    told = summary(machine)
    assert {k: told[k] for k in expected["summary"]} == expected["summary"]
    findings, _ = find(machine, load())
    assert [f.code for f in findings if f.severity != "note"] == expected["findings"]
    plan = make_plan(machine, load(), Request())
    assert plan.action == expected["plan"]["action"]
    assert list(plan.requirements) == expected["plan"]["requirements"]
