"""What holds on every machine."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envsetup.cli.described import Flags, described
from envsetup.knowledge import cuda_of, load, version_key
from envsetup.model import Machine, Plan
from envsetup.plan import Request, make_plan
from envsetup.plan.availability import kind_of
from envsetup.plan.render import FORMATS, render

KNOWLEDGE = load()
CAPABILITIES = ["3.5", "3.7", "5.0", "5.2", "6.1", "7.0", "7.5", "8.0", "8.6", "8.9", "9.0", "10.0", "12.0"]  # fmt: skip
DRIVERS = ["390.157", "450.80.02", "470.256.02", "525.60.13", "535.183.01", "550.54.15", "570.124.06", "575.57.08", "580.95.05", "590.48.01", "595.45.04"]  # fmt: skip
GPUS = [f"nvidia:{c}" for c in CAPABILITIES] + ["amd:gfx1100", "amd:gfx900", "amd:gfx1103:igpu", "amd:gfx803", "intel:56a0", "intel:3e92", "apple", "none"]  # fmt: skip

flags = st.builds(
    Flags,
    os=st.sampled_from(["linux", "windows", "macos"]),
    arch=st.sampled_from(["x86_64", "amd64", "aarch64", "arm64", "riscv64", "i686"]),
    python_version=st.sampled_from(["3.6", "3.8", "3.10", "3.12", "3.13t", "3.14", "3.14.1", "3.15t", "3.16"]),
    libc=st.sampled_from([None, "glibc2.17", "glibc2.28", "glibc2.39", "musl1.2"]),
    macos_version=st.sampled_from([None, "12.1", "13.6", "14.5", "26.0"]),
    driver=st.sampled_from([None, "none", *DRIVERS]),
    driver_cuda=st.sampled_from([None, "12.8", "13.2"]),
    gpus=st.lists(st.sampled_from(GPUS), max_size=3).map(tuple),
    wsl=st.booleans(),
)  # fmt: skip
requests = st.builds(
    Request,
    specifiers=st.sampled_from(
        [{"torch": ""}, {"torch": "==2.8.*"}, {"torch": ">=2.14", "torchvision": ""}, {"torch": "", "torchaudio": ""}]
    ),
    backend=st.sampled_from(["auto", "cpu", "cu126", "cu118", "rocm7.2", "xpu"]),
    installer=st.sampled_from(["pip", "uv", "conda", "pixi"]),
    channel=st.sampled_from(["stable", "test", "nightly"]),
    allow_cpu=st.booleans(),
    today=st.sampled_from([None, "2026-11-24", "2027-06-01"]),
)  # fmt: skip


def plan_of(flags: Flags, request: Request) -> Plan:
    machine = described(flags, Machine())
    return make_plan(machine, KNOWLEDGE, request)


@given(flags=flags, request=requests)
@settings(max_examples=150, deadline=None)
def test_every_machine_gets_an_answer_with_reasons(flags: Flags, request: Request) -> None:
    plan = plan_of(flags, request)
    assert all(r.code and r.text for r in plan.rejected)
    assert plan.because
    if plan.action == "refuse":
        assert not plan.commands
    else:
        assert plan.torch_version
        assert plan.commands
    for form in FORMATS:
        text = render(plan, form)
        assert text or form != "json"


@given(flags=flags, request=requests)
@settings(max_examples=100, deadline=None)
def test_a_cpu_build_beside_a_gpu_is_never_silent(flags: Flags, request: Request) -> None:
    plan = plan_of(flags, request)
    real = [g for g in flags.gpus if g not in ("none", "apple", "intel:3e92")]
    if plan.action == "install" and real and kind_of(plan.build or "cpu") == "cpu":
        assert plan.warnings


@given(
    capability=st.sampled_from(CAPABILITIES),
    pair=st.lists(st.sampled_from(DRIVERS), min_size=2, max_size=2),
)
@settings(max_examples=80, deadline=None)
def test_a_newer_driver_never_yields_an_older_torch(capability: str, pair: tuple[str, str]) -> None:
    last = KNOWLEDGE.last_branch(capability)
    end = int(last.branch) if last else 10_000
    older, newer = sorted((d for d in pair), key=version_key)
    if version_key(newer)[0] > end:
        return
    plans = [
        plan_of(Flags(os="linux", driver=d, gpus=(f"nvidia:{capability}",)), Request())
        for d in (older, newer)
    ]
    if all(p.action == "install" and cuda_of(p.build) for p in plans):
        first, second = (version_key(p.torch_version or "") for p in plans)
        assert first <= second


@given(capability=st.sampled_from(CAPABILITIES), driver=st.sampled_from(DRIVERS))
@settings(max_examples=80, deadline=None)
def test_the_driver_reaches_the_floor_of_the_build(capability: str, driver: str) -> None:
    plan = plan_of(Flags(os="linux", driver=driver, gpus=(f"nvidia:{capability}",)), Request())
    cuda = cuda_of(plan.build)
    if plan.action != "install" or cuda is None:
        return
    assert plan.torch_version and plan.build
    floor = KNOWLEDGE.driver_floor(f"{cuda[0]}.{cuda[1]}", "linux")
    assert floor and version_key(driver) >= version_key(floor.version)
    build = KNOWLEDGE.build(plan.torch_version, plan.build, "linux_x86_64")
    assert build and KNOWLEDGE.covers(capability, build, plan.build)


@pytest.mark.parametrize("days", [59, 61])
def test_old_knowledge_says_so(days: int) -> None:
    import datetime as dt

    today = dt.date.fromisoformat(KNOWLEDGE.as_of) + dt.timedelta(days=days)
    plan = plan_of(Flags(os="linux"), Request(today=today.isoformat()))
    assert ("stale-knowledge" in [w.code for w in plan.warnings]) is (days > 60)
