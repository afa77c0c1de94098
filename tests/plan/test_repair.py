"""Where the planned torch is installed already but damaged, the command must really renew it."""

from __future__ import annotations

import pytest

from envsetup.model import Command, Machine, Plan, TorchInstall
from envsetup.plan.repair import over_damage
from envsetup.testing import known

INDEX = ("--index-url", "https://download.pytorch.org/whl/cpu")


def holding(version: str, *broken: str) -> Machine:
    torch = TorchInstall(version=version, metadata_version=version, broken_files=broken)
    return Machine(torch=known(torch))


def plan(*requirements: str, installer: str = "pip") -> Plan:
    argv = ("python", "-m", "pip", "install", *requirements, *INDEX)
    return Plan(
        action="install",
        requirements=requirements,
        installer=installer,
        commands=(Command(argv=argv),),
    )


@pytest.mark.parametrize(
    ("installer", "option"), [("pip", "--force-reinstall"), ("uv", "--reinstall")]
)
def test_a_damaged_torch_of_the_planned_version_is_renewed(installer: str, option: str) -> None:
    mended = over_damage(
        plan("torch==2.13.0+cpu", installer=installer),
        holding("2.13.0+cpu", "libtorch_cpu.so is cut"),
    )

    (command,) = mended.commands
    assert command.argv[-2:] == (option, "--no-deps")
    assert mended.because[0].code == "damaged-files"
    assert "libtorch_cpu.so is cut" in mended.because[0].text


def test_companions_come_after_it_with_what_they_need() -> None:
    given = plan("torch==2.13.0+cpu", "torchvision==0.28.0")

    renew, then = over_damage(given, holding("2.13.0+cpu", "cut")).commands

    assert "torchvision==0.28.0" not in renew.argv
    assert then == given.commands[0]


def test_a_pin_without_label_is_met_by_any_label() -> None:
    assert over_damage(plan("torch==2.13.0"), holding("2.13.0+cpu", "cut")) != plan("torch==2.13.0")


@pytest.mark.parametrize(
    "machine",
    [holding("2.13.0+cpu"), holding("2.12.0+cpu", "cut"), holding("2.13.0", "cut"), Machine()],
)
def test_what_is_whole_or_replaced_in_any_case_is_left_to_the_plain_command(
    machine: Machine,
) -> None:
    assert over_damage(plan("torch==2.13.0+cpu"), machine) == plan("torch==2.13.0+cpu")
