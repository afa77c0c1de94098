"""What tests of rules are written with."""

from __future__ import annotations

import pytest

from envsetup.model import UNASKED, Absent, Known, Source
from envsetup.rules.definition import Undecidable
from envsetup.testing import (
    SOURCE,
    driver,
    gpu,
    judge,
    known,
    machine,
    package,
    python,
    torch,
    unreadable,
)

L4 = gpu(name="NVIDIA L4", compute_capability="8.9")
BOX = machine(os="linux", gpus=(L4,), nvidia_driver=driver())


def test_plain_values_become_known_facts_and_others_stay() -> None:
    broken = unreadable("refused")
    made = machine(
        os="linux",
        gpus=Absent(),
        kernel=broken,
        arch=known("arm64", Source(kind="api", ref="uname")),
    )

    assert made.os == known("linux")
    assert (made.gpus, made.kernel, made.torch) == (Absent(), broken, UNASKED)
    assert isinstance(made.arch, Known) and made.arch.source.ref == "uname"


def test_a_machine_is_like_another_but_for_what_is_given() -> None:
    assert machine(BOX, kernel="6.8") == machine(
        os="linux", gpus=(L4,), nvidia_driver=driver(), kernel="6.8"
    )


@pytest.mark.parametrize("facts", [{"gpu": (L4,)}, {"gpus": None}])
def test_what_is_no_fact_is_refused_by_name(facts: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=next(iter(facts))):
        machine(**facts)


@pytest.mark.parametrize(
    ("version", "build", "cuda", "hip"),
    [
        ("2.14.1+cu130", "cu130", "13.0", None),
        ("2.14.1+rocm7.2", "rocm7.2", None, "7.2"),
        ("2.14.1+cpu", "cpu", None, None),
        ("2.14.1", None, None, None),
    ],
)
def test_a_version_tells_the_build(
    version: str, build: str | None, cuda: str | None, hip: str | None
) -> None:
    made = torch(version)

    assert (made.version, made.build, made.cuda, made.hip) == (version, build, cuda, hip)


def test_fields_that_are_facts_take_plain_values_too() -> None:
    assert driver("570.86", nvml="ok", flavour="open").nvml == known("ok")
    assert driver(Absent()).version == Absent()
    assert torch(arch_list=("sm_90",)).arch_list == known(("sm_90",))


def test_builders_take_every_field() -> None:
    assert gpu("amd", 3, gfx="gfx1100").source == SOURCE
    assert python("3.13.0", executable="py").executable == "py"
    assert package("numpy", requires=("x",)).requires == ("x",)


def test_a_rule_is_found_by_code_slug_or_its_function() -> None:
    from envsetup.rules.wheel import wh101_cpu_build_on_gpu_machine as module

    found = [
        judge(rule, BOX, torch=torch("2.14.1+cpu"))
        for rule in ("WH101", "cpu-build-on-gpu-machine", module.judge)
    ]

    assert [f.code for f in found[0]] == ["WH101"]
    assert found[0] == found[1] == found[2]


def test_a_healthy_machine_and_one_of_another_system_give_nothing() -> None:
    assert judge("WH101", BOX, torch=torch()) == ()
    assert judge("WH101", BOX, torch=torch("2.14.1+cpu"), os="macos") == ()


def test_what_is_not_known_is_raised_with_the_reason() -> None:
    with pytest.raises(Undecidable, match="Unknown Error") as raised:
        judge("WH101", BOX, torch=torch("2.14.1+cpu"), gpus=unreadable("Unknown Error"))

    assert raised.value.missing_facts == ("gpus",)


@pytest.mark.parametrize(("code", "reason"), [("XX000", "no rule"), ("AB108", "has no judge")])
def test_a_rule_that_can_not_be_asked_is_said(code: str, reason: str) -> None:
    with pytest.raises(LookupError, match=reason):
        judge(code, BOX)
