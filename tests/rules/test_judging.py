"""The engine, and for judges a machine that triggers them beside one, nearly the same, that doesn't."""

from __future__ import annotations

from collections.abc import Iterator
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
    Gpu,
    Known,
    Machine,
    Memory,
    NvidiaDriver,
    Package,
    Python,
    Source,
    TorchInstall,
    Unreadable,
    Wsl,
)
from envsetup.rules import Draft, Rule
from envsetup.rules.registry import all_rules, find_rule

HERE = Source(kind="api", ref="test")
GIB = 2**30


def known(value: Any) -> Any:
    return Known(value=value, source=HERE)


def machine(**facts: Any) -> Machine:
    given = {k: v if isinstance(v, Absent | Unreadable) else known(v) for k, v in facts.items()}
    return Machine(**{"os": known("linux"), **given})


def place(role: str, **more: Any) -> tuple[Filesystem, ...]:
    return (Filesystem(role=role, path=f"/{role}", **more),)


def torch(version: str = "2.12.0+cu126", **more: Any) -> TorchInstall:
    return TorchInstall(version=version, **{"build": version.partition("+")[2] or None, **more})


def driver(version: str = "570.10", **more: Any) -> NvidiaDriver:
    return NvidiaDriver(version=known(version), **more)


def packages(**versions: str) -> tuple[Package, ...]:
    return tuple(Package(name=n, version=v) for n, v in versions.items())


BOX = Container(runtime="docker")
WSL2 = Wsl(version=2)
TWO_GPUS = tuple(Gpu(vendor="nvidia", index=i, source=HERE) for i in (0, 1))
AMD = (Gpu(vendor="amd", index=0, source=HERE, gfx="gfx1031"),)
NO_LOG = Unreadable(error="Unknown Error", source=HERE)
PAIRS = {
    "CT101": (
        machine(container=BOX, torch=torch(), nvidia_driver=driver(device_nodes=Absent())),
        machine(container=BOX, torch=torch(), nvidia_driver=driver(device_nodes=known(("a",)))),
    ),
    "CT103": (
        machine(container=BOX, nvidia_driver=driver(nvml=NO_LOG, device_nodes=known(("a",)))),
        machine(container=BOX, nvidia_driver=driver(nvml=known("ok"), device_nodes=known(("a",)))),
    ),
    "CT106": (
        machine(container=BOX, torch=torch(), storage=place("shm", total_bytes=64 * 2**20)),
        machine(container=BOX, torch=torch(), storage=place("shm", total_bytes=8 * GIB)),
    ),
    "CT107": (
        machine(cpu=Cpu(quota_cores=2.0, affinity_cores=32), environment={}, torch=torch()),
        machine(cpu=Cpu(quota_cores=30.0, affinity_cores=32), environment={}, torch=torch()),
    ),
    "CT108": (
        machine(torch=torch(), memory=Memory(total_bytes=64 * GIB, cgroup_limit_bytes=GIB)),
        machine(torch=torch(), memory=Memory(total_bytes=64 * GIB, cgroup_limit_bytes=16 * GIB)),
    ),
    "WS103": (
        machine(wsl=Wsl(version=1), torch=torch()),
        machine(wsl=Wsl(version=1), torch=torch("2.12.0+cpu")),
    ),
    "WS105": (
        machine(wsl=WSL2, storage=place("environment", kind="9p")),
        machine(wsl=WSL2, storage=place("environment", kind="ext4")),
    ),
    "WS107": (
        machine(wsl=WSL2, nvidia_driver=driver("460.89")),
        machine(wsl=WSL2, nvidia_driver=driver("572.16")),
    ),
    "MC101": (
        machine(
            os="macos",
            arch="arm64",
            python=Python(executable="p", version="3.11", machine="x86_64"),
        ),
        machine(
            os="macos", arch="arm64", python=Python(executable="p", version="3.11", machine="arm64")
        ),
    ),
    "MC102": (
        machine(os="macos", macos_version="13.7", torch=torch("2.10.0")),
        machine(os="macos", macos_version="14.1", torch=torch("2.10.0")),
    ),
    "RO101": (
        machine(gpus=AMD, torch=torch("2.12.0+rocm7.1", arch_list=known(("gfx1030", "gfx1100")))),
        machine(gpus=AMD, torch=torch("2.12.0+rocm7.1", arch_list=known(("gfx1031", "gfx1100")))),
    ),
    "RO102": (
        machine(device_access={"/dev/kfd": False}, torch=torch("2.12.0+rocm7.1")),
        machine(device_access={"/dev/kfd": True}, torch=torch("2.12.0+rocm7.1")),
    ),
    "CP101": (
        machine(cpu=Cpu(isa=("avx",)), arch="x86_64"),
        machine(cpu=Cpu(isa=("avx", "avx2")), arch="x86_64"),
    ),
    "CP103": (
        machine(environment={"KMP_DUPLICATE_LIB_OK": "TRUE"}),
        machine(environment={"KMP_DUPLICATE_LIB_OK": "FALSE"}),
    ),
    "AB101": (
        machine(torch=torch("2.2.2+cu121"), packages=packages(numpy="2.1.0")),
        machine(torch=torch("2.3.1+cu121"), packages=packages(numpy="2.1.0")),
    ),
    "TC104": (
        machine(torch=torch(), storage=place("compile-cache", options=("noexec",))),
        machine(torch=torch(), storage=place("compile-cache", options=("relatime",))),
    ),
    "DL102": (
        machine(torch=torch(), limits={"nofile": 256}),
        machine(torch=torch(), limits={"nofile": 1024}),
    ),
    "DS111": (
        machine(gpus=TWO_GPUS, environment={"NCCL_P2P_DISABLE": "1"}),
        machine(gpus=TWO_GPUS, environment={"NCCL_P2P_DISABLE": "0"}),
    ),
    "ST101": (
        machine(torch=Absent(), storage=place("environment", free_bytes=GIB)),
        machine(torch=Absent(), storage=place("environment", free_bytes=60 * GIB)),
    ),
    "ST101 of temporary files": (
        machine(torch=torch(), storage=place("tmp", free_bytes=4096)),
        machine(torch=torch(), storage=place("tmp", free_bytes=GIB)),
    ),
    "NW102": (
        machine(environment={"HTTP_PROXY": "http://a", "http_proxy": "http://b"}),
        machine(environment={"HTTP_PROXY": "http://a", "http_proxy": "http://a/"}),
    ),
    "SC101": (machine(torch=torch("2.5.1+cu124")), machine(torch=torch("2.6.0+cu124"))),
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
        findings, undecided = find(machine(), knowledge.load(), order)
        assert {f.code: f.suppressed_by for f in findings} == {"AA101": None, "AA102": "AA101"}
        assert [u.code for u in undecided] == ["AA103"]


def test_without_its_cause_an_effect_stands_alone() -> None:
    findings, _ = find(machine(), knowledge.load(), [rule("AA102", fires)])
    assert findings[0].suppressed_by is None


def test_a_missing_fact_leaves_a_rule_undecided() -> None:
    one = rule("AA104", lambda libc: fires(), ("libc",))
    findings, undecided = find(machine(libc=NO_LOG), knowledge.load(), [one])
    assert findings == ()
    assert undecided[0].missing_facts == ("libc",)


def test_file_names_are_code_and_slug() -> None:
    names = {p.stem for p in Path(rules.__file__).parent.glob("*_*.py")} - {"__init__"}
    pages = {f"{r.code.lower()}_{r.slug.replace('-', '_')}" for r in all_rules()}
    assert names <= pages


def test_no_rule_itself_fails_on_an_empty_or_plain_machine() -> None:
    for given in (Machine(), machine(torch=torch(), gpus=TWO_GPUS, environment={})):
        _, undecided = find(given, knowledge.load())
        assert not [u for u in undecided if "itself failed" in u.reason]
