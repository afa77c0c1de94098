"""What --require accepts, and that an unmet or undecidable demand is an error."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from envsetup.doctor import Examination, diagnose
from envsetup.doctor.requirements import CODE, SLUG, NeedError, read_need, unmet
from envsetup.knowledge import load
from envsetup.model import (
    UNASKED,
    Absent,
    Gpu,
    Known,
    Machine,
    NvidiaDriver,
    Source,
    TorchDevice,
    TorchInstall,
    TorchRuntime,
    Unreadable,
)
from envsetup.rules.registry import find_rule
from envsetup.testing import SOURCE, gpu, known, machine

MACHINE = Machine(
    gpus=Known(
        value=tuple(
            Gpu(
                vendor="nvidia",
                index=n,
                source=SOURCE,
                compute_capability="8.0",
                memory_total_bytes=40 * 10**9,
            )
            for n in range(2)
        ),
        source=SOURCE,
    ),
    nvidia_driver=Known(value=NvidiaDriver(version=known("580.95.05")), source=SOURCE),
    torch_runtime=Known(
        value=TorchRuntime(
            version="2.10.0+cu126",
            cuda="12.6",
            cuda_available=True,
            devices=tuple(
                TorchDevice(
                    kind="cuda", index=n, compute_capability="8.0", memory_total_bytes=40 * 10**9
                )
                for n in range(2)
            ),
        ),
        source=SOURCE,
    ),
)
MACHINE_WITHOUT_RUNTIME = replace(MACHINE, torch_runtime=UNASKED)


def is_met(text: str, machine: Machine = MACHINE) -> bool:
    return not list(unmet([read_need(text)], machine))


@pytest.mark.parametrize(
    "text",
    [
        "cuda",
        "gpus>=2",
        "gpus:2",
        "gpus==2",
        "gpus<3",
        "torch>=2.6",
        "torch:2.9",
        "driver>=580",
        "driver>=580.65.06",
        "gpu-memory>=40GB",
        "gpu-memory>=32GiB",
        "compute-capability>=8.0",
    ],
)
def test_what_the_machine_has_is_met(text: str) -> None:
    assert is_met(text)


@pytest.mark.parametrize(
    "text",
    ["rocm", "gpus>=8", "gpus:8", "torch>=2.11", "torch<2.9", "driver>=590", "gpu-memory>=80GB"],
)
def test_what_the_machine_lacks_is_an_error(text: str) -> None:
    (finding,) = unmet([read_need(text)], MACHINE)

    assert (finding.code, finding.severity, finding.subject) == ("RQ101", "error", text)
    assert "is not met" in finding.message


@pytest.mark.parametrize(
    "text", ["cuda", "driver>=1", "torch>=1", "compute-capability>=1", "gpus:1"]
)
def test_what_nobody_knows_is_an_error_that_says_so(text: str) -> None:
    (finding,) = unmet([read_need(text)], Machine())

    assert "can't be decided" in finding.message


def test_no_torch_has_no_cuda() -> None:
    (finding,) = unmet([read_need("cuda")], Machine(torch=Absent(), torch_runtime=Absent()))

    assert "torch is not installed" in finding.message


@pytest.mark.parametrize(
    "text",
    ["", "gpus>=", "gpus>=many", "cuda>=12", "gpu-memory>=40XB", "flux", "torch ~= 2", "-rf"],
)
def test_what_can_not_be_read_is_refused(text: str) -> None:
    with pytest.raises(NeedError):
        read_need(text)


def test_a_redirected_relation_is_told_to_be_quoted() -> None:
    with pytest.raises(NeedError, match="quote"):
        read_need("gpus")


# -- what counts, and what is known --------------------------------------------------------------


def install(version: str) -> TorchInstall:
    return TorchInstall(version=version, build=version.partition("+")[2] or None)


APPLE = gpu("apple", integrated=True)
MAC = machine(os="macos", gpus=(APPLE,), torch=TorchInstall(version="2.14.1", build="mps"))
MAC_TEXT = replace(MAC, torch_runtime=known(TorchRuntime(version="2.14.1", cuda_available=False)))
MAC_LIVE = replace(
    MAC,
    torch_runtime=known(
        TorchRuntime(
            version="2.14.1",
            cuda_available=False,
            mps_available=True,
            devices=(TorchDevice(kind="cpu", index=0), TorchDevice(kind="mps", index=0)),
        )
    ),
)
JETSON = machine(gpus=(gpu("nvidia", integrated=True, compute_capability="8.7"),))
UHD = machine(gpus=(gpu("intel", integrated=True, name="UHD"),))
BARE = machine(os="linux", gpus=Absent(), nvidia_driver=Absent(), torch=install("2.13.0+cpu"))
ON_CPU = TorchRuntime(
    version="2.13.0+cpu", cuda_available=False, devices=(TorchDevice(kind="cpu", index=0),)
)
CPU_TORCH_BESIDE_GPU = machine(
    os="linux", gpus=(gpu("nvidia"),), torch=install("2.13.0+cpu"), torch_runtime=ON_CPU
)


QUICK = machine(
    os="linux",
    gpus=(gpu("nvidia", compute_capability="8.9"),),
    nvidia_driver=NvidiaDriver(
        version=known("580.95.05"), cuda_version=known("13.0"), nvml=known("ok")
    ),
    device_access={"/dev/nvidiactl": True},
    environment={},
    torch=TorchInstall(version="2.14.1+cu126", build="cu126", cuda="12.6"),
)
OLD_DRIVER = NvidiaDriver(version=known("470.1"), cuda_version=known("11.4"), nvml=known("ok"))
NO_NVML = NvidiaDriver(version=known("580.1"), cuda_version=known("13.0"), nvml=Absent())
CRASHED = Unreadable(error="ended by SIGSEGV", source=Source(kind="target", ref="import torch"))


def test_level_quick_takes_the_facts_for_it() -> None:
    assert is_met("cuda", QUICK)
    amd = (gpu("amd", gfx="gfx942"),)
    rocm = {"gpus": amd, "torch": install("2.14.1+rocm7.2")}
    assert is_met("rocm", machine(**rocm, device_access={"/dev/kfd": True}))
    assert not is_met("rocm", machine(**rocm, device_access={"/dev/kfd": False}))
    assert is_met("mps", MAC)


@pytest.mark.parametrize(
    "changes",
    [
        {"nvidia_driver": known(OLD_DRIVER)},
        {"nvidia_driver": known(NO_NVML)},
        {"device_access": known({"/dev/nvidiactl": False})},
        {"environment": known({"CUDA_VISIBLE_DEVICES": "-1"})},
        {"gpus": Absent()},
        {"torch_runtime": known(TorchRuntime(version="2.14.1"))},
    ],
)
def test_where_one_of_them_is_not_there_nobody_knows(changes: dict[str, Any]) -> None:
    (finding,) = unmet([read_need("cuda")], replace(QUICK, **changes))

    assert "can't be decided" in finding.message


def test_a_torch_that_crashes_has_no_cuda() -> None:
    (finding,) = unmet([read_need("cuda")], replace(QUICK, torch_runtime=CRASHED))

    assert "is not met" in finding.message
    assert "SIGSEGV" in finding.message


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("gpus>=1", MAC),
        ("gpus>=1", MAC_TEXT),
        ("gpus:1", MAC_LIVE),
        ("mps", MAC_LIVE),
        ("gpus==1", JETSON),
        ("compute-capability>=8.7", JETSON),
        ("gpus==0", UHD),
        ("gpus==0", BARE),
        ("gpus<1", BARE),
        ("CUDA", MACHINE),
        (" gpus >= 2 ", MACHINE),
        ("gpu-memory:40gb", MACHINE),
    ],
)
def test_what_counts(text: str, given: Machine) -> None:
    assert is_met(text, given)


@pytest.mark.parametrize(
    ("text", "given", "words"),
    [
        ("gpus>=1", BARE, "the machine has no GPU"),
        ("gpus>=1", CPU_TORCH_BESIDE_GPU, "torch sees no GPUs"),
        ("gpus>=1", UHD, "the machine has no GPUs"),
        ("cuda", BARE, "2.13.0+cpu is a cpu build"),
        ("cuda", MAC, "is a mps build"),
        ("rocm", machine(torch=install("2.13.0+cu126")), "is a cu126 build"),
        ("mps", BARE, "macOS only"),
        ("driver>=580", BARE, "there is no NVIDIA driver"),
        ("driver<600", BARE, "there is no NVIDIA driver"),
        ("torch<3", machine(torch=Absent()), "torch is not installed"),
        ("gpu-memory>=1GB", BARE, "no GPU"),
        ("compute-capability>=1", BARE, "no NVIDIA GPU"),
        ("compute-capability>=1", MAC_LIVE, "no NVIDIA GPU"),
    ],
)
def test_what_is_known_not_to_be_there_is_not_met(text: str, given: Machine, words: str) -> None:
    (finding,) = unmet([read_need(text)], given)

    assert "is not met" in finding.message
    assert words in finding.message


REFUSED = Unreadable(error="permission denied", source=SOURCE)


@pytest.mark.parametrize(
    ("text", "given", "words"),
    [
        ("gpus>=1", machine(gpus=REFUSED), "permission denied"),
        ("driver>=580", machine(nvidia_driver=REFUSED), "permission denied"),
        ("driver>=580", machine(nvidia_driver=NvidiaDriver(version=REFUSED)), "permission denied"),
        ("torch>=2", machine(torch=REFUSED), "permission denied"),
        ("cuda", machine(torch=install("2.13.0+cu126")), "torch was not asked"),
        ("cuda", MACHINE_WITHOUT_RUNTIME, "not looked at"),
        ("gpu-memory>=8GB", MAC, "the system's own"),
        ("gpu-memory>=8GB", machine(gpus=(gpu("nvidia"),)), "not known"),
        ("compute-capability>=8", machine(gpus=(gpu("nvidia"),)), "known"),
        ("compute-capability>=8", machine(gpus=REFUSED), "permission denied"),
        ("python>=3.10", machine(python=REFUSED), "permission denied"),
    ],
)
def test_what_could_not_be_read_is_undecided_with_the_reason(
    text: str, given: Machine, words: str
) -> None:
    (finding,) = unmet([read_need(text)], given)

    assert "can't be decided" in finding.message
    assert words in finding.message
    assert finding.severity == "error"


def test_the_driver_tells_more_memory_than_torch_gets() -> None:
    seen = TorchDevice(kind="cuda", index=0, name="Tesla T4", memory_total_bytes=15_800_000_000)
    t4 = gpu("nvidia", name="Tesla T4", memory_total_bytes=15360 * 2**20)
    runtime = TorchRuntime(version="2.9.0", cuda_available=True, devices=(seen,))

    assert is_met("gpu-memory>=16GB", machine(gpus=(t4,), torch_runtime=runtime))
    assert not is_met("gpu-memory>=16GB", machine(gpus=REFUSED, torch_runtime=runtime))


def test_a_chip_that_is_known_to_be_part_of_a_cpu_does_not_count() -> None:
    knowledge = load()
    gfx = min(knowledge.rocm.integrated)
    one = machine(gpus=(gpu("amd", gfx=gfx), gpu("amd", gfx="gfx942")))

    assert [f.message for f in unmet([read_need("gpus==1")], one, knowledge)] == []
    display = machine(gpus=(gpu("intel", pci_id="8086:1912"),))
    assert [f.message for f in unmet([read_need("gpus==0")], display, knowledge)] == []


def test_evidence_names_the_fact_and_its_source() -> None:
    (finding,) = unmet([read_need("driver>=590")], MACHINE)

    assert finding.evidence[0].fact == "nvidia_driver.version"
    assert finding.evidence[0].source == SOURCE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "character 1, at its end"),
        ("flux>=1", "character 1, at 'flux>=1': no demand is called so"),
        ("  flux", "character 3"),
        ("gpus", "character 5, at its end: no value. Shells"),
        ("gpus>=", "character 7, at its end: the value is missing"),
        ("gpus>=many", "character 7, at 'many': no number"),
        ("gpus>=1.5", "character 7, at '1.5': no number of GPUs"),
        ("gpus=8", "character 5, at '=8': none of >= <= =="),
        ("torch ~= 2", "character 7, at '~=': none of"),
        ("torch>=2.6,<2.9", "character 11, at ',<2.9': more than one demand"),
        ("cuda>=12", "character 5, at '>=12': cuda takes no value"),
        ("gpu-memory>=40XB", "character 13, at '40XB': no amount of memory"),
        ("driver>=5x80", "character 9, at '5x80'"),
        ("a" * 200, "longer than 100 characters"),
    ],
)
def test_a_refusal_names_the_place(text: str, words: str) -> None:
    with pytest.raises(NeedError) as refused:
        read_need(text)

    assert words in str(refused.value)


@given(st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        need = read_need(text)
    except NeedError:
        return
    assert list(unmet([need], Machine()))


@given(
    st.sampled_from(["gpus", "torch", "driver", "gpu-memory", "compute-capability", "python"]),
    st.sampled_from([">=", "<=", "==", "!=", ">", "<", ":"]),
    st.integers(0, 10**6),
)
@settings(deadline=None)
def test_a_relation_and_its_opposite_are_never_both_met(
    name: str, relation: str, value: int
) -> None:
    opposite = {">=": "<", "<=": ">", "==": "!=", "!=": "==", ">": "<=", "<": ">=", ":": "<"}
    met = [is_met(f"{name}{r}{value}") for r in (relation, opposite[relation])]
    assert sum(met) <= 1


def test_the_page_of_the_code_is_there_and_the_code_can_be_ignored() -> None:
    one = find_rule(CODE)
    assert one is not None
    assert one.slug == SLUG
    needs = (read_need("gpus:9"),)
    found = diagnose(MACHINE, load(), Examination(needs=needs)).findings
    ignored = diagnose(MACHINE, load(), Examination(needs=needs, ignore=(CODE,))).findings
    assert CODE in {f.code for f in found}
    assert CODE not in {f.code for f in ignored}
