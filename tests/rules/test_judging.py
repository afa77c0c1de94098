"""The engine, and for judges a machine that triggers them beside one, nearly the same, that doesn't."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import envsetup.rules as rules
from envsetup import knowledge
from envsetup.doctor.findings import find
from envsetup.model import (
    Absent,
    Container,
    Cpu,
    Filesystem,
    Machine,
    Memory,
    Package,
    Python,
    Wsl,
)
from envsetup.rules import Draft, Rule
from envsetup.rules.registry import all_rules, find_rule
from envsetup.testing import driver, gpu, machine, torch, unreadable

GIB = 2**30


def place(role: str, **more: Any) -> tuple[Filesystem, ...]:
    return (Filesystem(role=role, path=f"/{role}", **more),)


def packages(**versions: str) -> tuple[Package, ...]:
    return tuple(Package(name=n, version=v) for n, v in versions.items())


linux = partial(machine, machine(os="linux"))
BOX = Container(runtime="docker")
WSL2 = Wsl(version=2)
TWO_GPUS = (gpu(), gpu(index=1))
AMD = (gpu("amd", gfx="gfx1031"),)
NO_LOG = unreadable("Unknown Error")
PAIRS = {
    "CT101": (
        linux(
            container=BOX,
            torch=torch(),
            nvidia_driver=driver(device_nodes=Absent()),
        ),
        linux(
            container=BOX,
            torch=torch(),
            nvidia_driver=driver(device_nodes=("a",)),
        ),
    ),
    "CT103": (
        linux(
            container=BOX,
            nvidia_driver=driver(nvml=NO_LOG, device_nodes=("a",)),
        ),
        linux(
            container=BOX,
            nvidia_driver=driver(nvml="ok", device_nodes=("a",)),
        ),
    ),
    "CT106": (
        linux(container=BOX, torch=torch(), storage=place("shm", total_bytes=64 * 2**20)),
        linux(container=BOX, torch=torch(), storage=place("shm", total_bytes=8 * GIB)),
    ),
    "CT107": (
        linux(cpu=Cpu(quota_cores=2.0, affinity_cores=32), environment={}, torch=torch()),
        linux(cpu=Cpu(quota_cores=30.0, affinity_cores=32), environment={}, torch=torch()),
    ),
    "CT108": (
        linux(torch=torch(), memory=Memory(total_bytes=64 * GIB, cgroup_limit_bytes=GIB)),
        linux(
            torch=torch(),
            memory=Memory(total_bytes=64 * GIB, cgroup_limit_bytes=16 * GIB),
        ),
    ),
    "WS103": (
        linux(wsl=Wsl(version=1), torch=torch()),
        linux(wsl=Wsl(version=1), torch=torch("2.12.0+cpu")),
    ),
    "WS105": (
        linux(wsl=WSL2, storage=place("environment", kind="9p")),
        linux(wsl=WSL2, storage=place("environment", kind="ext4")),
    ),
    "WS107": (
        linux(wsl=WSL2, nvidia_driver=driver("460.89")),
        linux(wsl=WSL2, nvidia_driver=driver("572.16")),
    ),
    "MC101": (
        machine(
            os="macos",
            arch="arm64",
            python=Python(executable="p", version="3.11", machine="x86_64"),
        ),
        machine(
            os="macos",
            arch="arm64",
            python=Python(executable="p", version="3.11", machine="arm64"),
        ),
    ),
    "MC102": (
        machine(os="macos", macos_version="13.7", torch=torch("2.10.0")),
        machine(os="macos", macos_version="14.1", torch=torch("2.10.0")),
    ),
    "RO101": (
        linux(gpus=AMD, torch=torch("2.12.0+rocm7.1", arch_list=("gfx1030", "gfx1100"))),
        linux(gpus=AMD, torch=torch("2.12.0+rocm7.1", arch_list=("gfx1031", "gfx1100"))),
    ),
    "RO102": (
        linux(device_access={"/dev/kfd": False}, torch=torch("2.12.0+rocm7.1")),
        linux(device_access={"/dev/kfd": True}, torch=torch("2.12.0+rocm7.1")),
    ),
    "CP101": (
        linux(cpu=Cpu(isa=("avx",)), arch="x86_64"),
        linux(cpu=Cpu(isa=("avx", "avx2")), arch="x86_64"),
    ),
    "CP103": (
        linux(environment={"KMP_DUPLICATE_LIB_OK": "TRUE"}),
        linux(environment={"KMP_DUPLICATE_LIB_OK": "FALSE"}),
    ),
    "AB101": (
        linux(torch=torch("2.2.2+cu121"), packages=packages(numpy="2.1.0")),
        linux(torch=torch("2.3.1+cu121"), packages=packages(numpy="2.1.0")),
    ),
    "TC104": (
        linux(torch=torch(), storage=place("compile-cache", options=("noexec",))),
        linux(torch=torch(), storage=place("compile-cache", options=("relatime",))),
    ),
    "DL102": (
        linux(torch=torch(), limits={"nofile": 256}),
        linux(torch=torch(), limits={"nofile": 1024}),
    ),
    "DS111": (
        linux(gpus=TWO_GPUS, environment={"NCCL_P2P_DISABLE": "1"}),
        linux(gpus=TWO_GPUS, environment={"NCCL_P2P_DISABLE": "0"}),
    ),
    "ST101": (
        linux(torch=Absent(), storage=place("environment", free_bytes=GIB)),
        linux(torch=Absent(), storage=place("environment", free_bytes=60 * GIB)),
    ),
    "ST101 of temporary files": (
        linux(torch=torch(), storage=place("tmp", free_bytes=4096)),
        linux(torch=torch(), storage=place("tmp", free_bytes=GIB)),
    ),
    "NW102": (
        linux(environment={"HTTP_PROXY": "http://a", "http_proxy": "http://b"}),
        linux(environment={"HTTP_PROXY": "http://a", "http_proxy": "http://a/"}),
    ),
    "SC101": (
        linux(torch=torch("2.5.1+cu124")),
        linux(torch=torch("2.6.0+cu124")),
    ),
}


def codes(given: Machine, code: str) -> set[str]:
    one = find_rule(code)
    assert one is not None
    findings, _ = find(given, knowledge.load(), [one])
    return {f.code for f in findings}


@pytest.mark.parametrize("code", PAIRS)
def test_fires_on_the_fault_and_not_beside_it(code: str) -> None:
    sick, well = PAIRS[code]
    code = code.split()[0]
    assert codes(sick, code) == {code}
    assert codes(well, code) == set()


def rule(code: str, judge: Any, needs: tuple[str, ...] = (), **more: Any) -> Rule:
    about: dict[str, Any] = {"slug": code.lower(), "title": code, "severity": "error", "page": ""}
    return Rule(code=code, platforms=("linux",), judge=judge, needs=needs, **about, **more)


def fires() -> Iterator[Draft]:
    yield Draft(message="here")


def breaks() -> Iterator[Draft]:
    yield Draft(message=str(1 // 0))


def test_a_broken_rule_hides_no_other_whatever_the_order() -> None:
    chosen = [
        rule("AA101", fires, suppresses=("AA102",)),
        rule("AA102", fires),
        rule("AA103", breaks),
    ]
    for order in (chosen, chosen[::-1]):
        findings, undecided = find(
            linux(),
            knowledge.load(),
            order,
        )
        assert {f.code: f.suppressed_by for f in findings} == {"AA101": None, "AA102": "AA101"}
        assert [u.code for u in undecided] == ["AA103"]


def test_without_its_cause_an_effect_stands_alone() -> None:
    findings, _ = find(
        linux(),
        knowledge.load(),
        [rule("AA102", fires)],
    )
    assert findings[0].suppressed_by is None


def test_a_missing_fact_leaves_a_rule_undecided() -> None:
    one = rule("AA104", lambda libc: fires(), ("libc",))
    findings, undecided = find(linux(libc=NO_LOG), knowledge.load(), [one])
    assert findings == ()
    assert undecided[0].missing_facts == ("libc",)


def test_file_names_are_code_and_slug() -> None:
    names = {p.stem for p in Path(rules.__file__).parent.glob("*_*.py")} - {"__init__"}
    pages = {f"{r.code.lower()}_{r.slug.replace('-', '_')}" for r in all_rules()}
    assert names <= pages


def test_no_rule_itself_fails_on_an_empty_or_plain_machine() -> None:
    for given in (Machine(), linux(torch=torch(), gpus=TWO_GPUS, environment={})):
        _, undecided = find(given, knowledge.load())
        assert not [u for u in undecided if "itself failed" in u.reason]
