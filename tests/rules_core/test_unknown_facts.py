"""What wasn't told, couldn't be read or isn't there is never taken for a bad value, nor for a good one.

One fact at a time is taken from machines that are well and told in full: no rule may find more than
before, the plan may not keep what it can no longer see to be right, no line gets a failing mark.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import fields, replace

from envsetup.doctor.findings import find
from envsetup.knowledge import load
from envsetup.model import (
    UNASKED,
    Absent,
    Gpu,
    Known,
    Machine,
    Report,
    Source,
    TorchInstall,
    Unreadable,
)
from envsetup.plan import Request, make_plan
from envsetup.report.text import Pen, _glance
from tests.rules_core.test_healthy_machines import (
    apple_silicon,
    arc_desktop,
    blackwell_desktop,
    conda_environment,
    docker_with_gpus_and_shared_memory,
    laptop_without_gpu,
    rocm_server,
    windows_workstation,
    wsl2,
)

MACHINES: tuple[Callable[[], Machine], ...] = (
    laptop_without_gpu,
    blackwell_desktop,
    docker_with_gpus_and_shared_memory,
    conda_environment,
    rocm_server,
    arc_desktop,
    wsl2,
    windows_workstation,
    apple_silicon,
)
UNTOLD = Unreadable(error="not in the pasted text", source=Source(kind="text", ref="pasted text"))
FAILED = Unreadable(error="permission denied", source=Source(kind="file", ref="/x"))
STATES = {"not asked": UNASKED, "not told": UNTOLD, "unreadable": FAILED, "absent": Absent()}
FACTS = [
    one.name for one in fields(Machine) if isinstance(getattr(Machine(), one.name), Unreadable)
]
KNOWLEDGE = load()

BY_ABSENCE = {
    "nvidia_driver": (("DR", "CT", "WS"), "a GPU whose driver isn't there is what these look for"),
    "torch": (("PY114", "PY113"), "an environment without torch is told as that"),
    "level_zero": (("XP101",), "an Intel GPU without its runtime library is what it looks for"),
}
"""Facts whose absence is itself the fault: the codes that say so, and why."""


def codes(machine: Machine) -> set[str]:
    return {f.code for f in find(machine, KNOWLEDGE)[0] if f.severity != "note"}


@pytest.mark.parametrize("state", [name for name in STATES if name != "absent"])
@pytest.mark.parametrize("made", MACHINES, ids=lambda one: one.__name__)
def test_a_fact_that_is_not_known_never_convicts(made: Callable[[], Machine], state: str) -> None:
    machine = made()
    before = codes(machine)
    for fact in FACTS:
        assert codes(replace(machine, **{fact: STATES[state]})) <= before, fact


@pytest.mark.parametrize("made", MACHINES, ids=lambda one: one.__name__)
def test_a_fact_that_is_absent_convicts_only_where_absence_is_the_fault(
    made: Callable[[], Machine],
) -> None:
    machine = made()
    before = codes(machine)
    for fact in FACTS:
        more = codes(replace(machine, **{fact: Absent()})) - before
        allowed, _ = BY_ABSENCE.get(fact, ((), ""))
        assert not [c for c in more if not c.startswith(allowed)], (fact, more)


NEEDED = ("os", "arch", "libc", "python", "gpus", "nvidia_driver", "torch", "macos_version")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("made", MACHINES, ids=lambda one: one.__name__)
def test_the_plan_keeps_nothing_that_it_cannot_see_to_be_right(
    made: Callable[[], Machine], state: str
) -> None:
    machine = _with_the_right_torch(made())
    assert make_plan(machine, KNOWLEDGE, Request()).action == "keep"
    for fact in NEEDED:
        if not _counts(fact, machine, state):
            continue
        plan = make_plan(replace(machine, **{fact: STATES[state]}), KNOWLEDGE, Request())
        assert plan.action != "keep", fact
        assert plan.assumed or plan.action == "refuse" or fact == "torch", fact


def _with_the_right_torch(machine: Machine) -> Machine:
    plan = make_plan(machine, KNOWLEDGE, Request())
    version = plan.torch_version or ""
    label = f"+{plan.build}" if plan.build else ""
    build = plan.build or "cpu"
    torch = TorchInstall(version=f"{version}{label}", build=build)
    return replace(machine, torch=Known(value=torch, source=UNTOLD.source))


def _counts(fact: str, machine: Machine, state: str) -> bool:
    """Whether a plan for this machine stands on the fact."""
    system = machine.os.value if isinstance(machine.os, Known) else ""
    gpus: tuple[Gpu, ...] = machine.gpus.value if isinstance(machine.gpus, Known) else ()
    nvidia = any(g.vendor == "nvidia" for g in gpus)
    if fact == "arch":  # the interpreter tells its own
        return False
    if fact == "gpus" and state == "absent":  # there is none: another plan, and rightly
        return False
    needs = {"libc": system == "linux", "macos_version": system == "macos", "nvidia_driver": nvidia}
    return needs.get(fact, True)


@pytest.mark.parametrize("state", ["not asked", "not told"])
@pytest.mark.parametrize("made", MACHINES, ids=lambda one: one.__name__)
def test_no_line_of_the_report_fails_for_what_nobody_told(
    made: Callable[[], Machine], state: str
) -> None:
    machine = made()
    for fact in FACTS:
        report = Report(
            tool_version="0",
            created_at="2026-11-28T00:00:00+00:00",
            verdict="ok",
            proven=False,
            machine=replace(machine, **{fact: STATES[state]}),
        )
        assert "XX" not in "\n".join(_glance(report, Pen(80, False, False))), fact


def test_a_rule_for_one_system_is_silent_where_the_system_is_not_told() -> None:
    machine = replace(windows_workstation(), os=UNTOLD)
    findings, undecided = find(machine, KNOWLEDGE)
    assert not [f for f in findings if f.code.startswith(("WN", "MC", "WS"))]
    assert "WN106" in [u.code for u in undecided]


@pytest.mark.parametrize("name", ["NVIDIA RTX 9999", "GRID XQ7-8Q"])
def test_a_gpu_that_nobody_knows_is_a_note(name: str) -> None:
    machine = blackwell_desktop()
    gpu = Gpu(vendor="nvidia", index=0, source=UNTOLD.source, name=name)
    findings, _ = find(replace(machine, gpus=Known(value=(gpu,), source=UNTOLD.source)), KNOWLEDGE)
    mine = [f for f in findings if f.code == "AR107"]
    assert [f.severity for f in mine] == ["note"]
    assert name in mine[0].message
    assert not [f for f in findings if f.severity != "note"]
