"""A GPU of which nobody knows what runs on it is no GPU that a build serves; known names are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from envsetup.knowledge import identify, load
from envsetup.model import (
    Gpu,
    Known,
    Machine,
    Plan,
    TorchDevice,
    TorchInstall,
    TorchRuntime,
    Vendor,
)
from envsetup.plan import Request, candidates, make_plan
from envsetup.probes.pasted import read_text
from envsetup.testing import SOURCE, known
from tests.plan.conftest import Invoke

KNOWLEDGE = load()

NAMES = [
    # Jetson, as nvidia-smi, CUDA and Vulkan print it
    ("Orin (nvgpu)", "8.7"),
    ("Orin", "8.7"),
    ("NVIDIA Tegra Orin (nvgpu)", "8.7"),
    ("NVIDIA Thor", "11.0"),
    ("Xavier", "7.2"),
    ("NVIDIA Tegra X1", "5.3"),
    # cards for mining, by their chips: GP106, GP104, GP102, TU106, TU116, GA100, GA102
    ("NVIDIA P106-100", "6.1"),
    ("P106-090", "6.1"),
    ("NVIDIA P104-100", "6.1"),
    ("P102-100", "6.1"),
    ("NVIDIA CMP 40HX", "7.5"),
    ("CMP 30HX", "7.5"),
    ("NVIDIA CMP 170HX", "8.0"),
    ("CMP 90HX", "8.6"),
    # vGPU profiles: board, then slices, gigabytes and series
    ("GRID V100D-8Q", "7.0"),
    ("GRID V100DX-16C", "7.0"),
    ("NVIDIA A100-40C", "8.0"),
    ("GRID A100X-1-5C ME", "8.0"),
    ("GRID A100D-10-80C", "8.0"),
    ("H100-80C", "9.0"),
    ("NVIDIA H100XM-80C", "9.0"),
    ("NVIDIA L40S-48Q", "8.9"),
    ("GRID T4-16Q", "7.5"),
    ("GRID RTX6000-8Q", "7.5"),
    ("GRID RTX8000P-12Q", "7.5"),
    ("NVIDIA RTXA5000-24Q", "8.6"),
    ("NVIDIA RTX6000-Ada-48Q", "8.9"),
    ("GRID M60-8Q", "5.2"),
    ("GRID M10-2B4", "5.0"),
    # engineering boards of A100
    ("NVIDIA PG506-230", "8.0"),
    ("NVIDIA PG509-210", "8.0"),
    # one number in three generations
    ("Quadro RTX 6000", "7.5"),
    ("NVIDIA RTX 6000 Ada Generation", "8.9"),
    ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "12.0"),
    ("NVIDIA GeForce RTX 3050 A Laptop GPU", "8.9"),
    ("NVIDIA GeForce RTX 3050 Laptop GPU", "8.6"),
    # nobody knows these
    ("NVIDIA RTX 9999", None),
    ("NVIDIA Graphics Device", None),
    ("GRID XQ7-8Q", None),
    # the name of another generation doesn't stand for it
    ("Quadro RTX 6000 Hopper", None),
]


@pytest.mark.parametrize(("name", "capability"), NAMES)
def test_a_name_tells_the_compute_capability(name: str, capability: str | None) -> None:
    assert KNOWLEDGE.compute_capability(name) == capability


@pytest.mark.parametrize(
    ("name", "gfx"),
    [
        ("AMD Radeon RX 7900 XTX", "gfx1100"),
        ("Radeon RX 6600 XT", "gfx1032"),
        ("AMD Instinct MI300X", "gfx942"),
        ("AMD Radeon 780M Graphics", "gfx1103"),
        ("Radeon 8060S", "gfx1151"),
        ("AMD Radeon Graphics", None),
    ],
)
def test_an_amd_name_tells_the_gfx(name: str, gfx: str) -> None:
    assert identify(Gpu(vendor="amd", index=0, source=SOURCE, name=name), KNOWLEDGE).gfx == gfx


def smi(name: str, driver: str = "580.82.09", cuda: str = "13.0") -> str:
    return (
        f"| NVIDIA-SMI {driver}              Driver Version: {driver}      CUDA Version: {cuda}     |\n"
        f"|   0  {name:<32} On  |   00000000:01:00.0  On |                  N/A |\n"
    )


def plan_for(text: str, **request: Any) -> Plan:
    machine = read_text(text)
    assert machine is not None
    return make_plan(machine, KNOWLEDGE, Request(**request))


# 6.1, 7.0: no CUDA 13 build has kernels; 8.7 on JetPack 6: no server wheel; 11.0: not cu129
PASTED = [
    ("NVIDIA P106-100", "580.82.09", "13.0", "2.14.1+cu126"),
    ("GRID V100D-8Q", "580.82.09", "13.0", "2.14.1+cu126"),
    ("NVIDIA CMP 170HX", "580.82.09", "13.0", "2.15.0+cu132"),
    ("H100-80C", "550.90.07", "12.4", "2.14.1+cu126"),
    ("Orin (nvgpu)", "540.4.0", "12.6", "refuse"),
    ("Orin", "540.3.0", "12.6", "refuse"),
    ("NVIDIA RTX 9999", "580.82.09", "13.0", "refuse"),
]


@pytest.mark.parametrize(("name", "driver", "cuda", "expected"), PASTED)
def test_a_pasted_table_of_nvidia_smi(name: str, driver: str, cuda: str, expected: str) -> None:
    plan = plan_for(smi(name, driver, cuda))
    got = plan.action if plan.action == "refuse" else f"{plan.torch_version}+{plan.build}"
    assert got == expected


@pytest.mark.parametrize("name", ["NVIDIA RTX 9999", "NVIDIA Graphics Device", "GRID XQ7-8Q"])
def test_an_unknown_gpu_is_refused_with_how_to_read_it_and_how_to_say_it(name: str) -> None:
    plan = plan_for(smi(name))
    assert plan.action == "refuse"
    assert plan.because[0].code == "gpu-unknown"
    fix = plan.fixes[0]
    assert "compute_cap" in " ".join(fix.argv or ())
    assert "--gpu nvidia:" in fix.text
    assert not plan.commands
    assert not plan.alternatives


@pytest.mark.parametrize("vendor", ["nvidia", "amd"])
@pytest.mark.parametrize("chosen", [{"allow_cpu": True}, {"backend": "cpu"}, {"backend": "named"}])
def test_what_was_asked_for_in_so_many_words_is_planned_with_a_warning(
    vendor: Vendor, chosen: dict[str, Any]
) -> None:
    machine = linux(Gpu(vendor=vendor, index=0, source=SOURCE, name="XQ 9999"))
    if chosen.get("backend") == "named":
        chosen = {"backend": {"nvidia": "cu126", "amd": "rocm7.2"}[vendor]}
    plan = make_plan(machine, KNOWLEDGE, Request(**chosen))
    assert plan.action == "install"
    assert "gpu-unknown" in [w.code for w in plan.warnings]
    assert not [r for r in plan.because if "kernels for XQ" in r.text]


def linux(*gpus: Gpu, **facts: object) -> Machine:
    from envsetup.cli.described import Flags, described

    flags = Flags(
        os="linux",
        arch="x86_64",
        python_version="3.12",
        libc="glibc2.35",
        driver="580.95.05" if any(g.vendor == "nvidia" for g in gpus) else None,
    )
    machine = described(flags, Machine())
    return replace(machine, gpus=known(gpus), **facts)


def test_a_known_gpu_beside_it_decides_and_the_unknown_one_is_a_warning() -> None:
    plan = make_plan(
        linux(
            Gpu(vendor="nvidia", index=0, source=SOURCE, name="NVIDIA RTX 9999"),
            Gpu(vendor="nvidia", index=1, source=SOURCE, compute_capability="6.1"),
        ),
        KNOWLEDGE,
        Request(),
    )
    assert (plan.torch_version, plan.build) == ("2.14.1", "cu126")
    warned = [w.text for w in plan.warnings if w.code == "gpu-unknown"]
    assert len(warned) == 1
    assert "RTX 9999" in warned[0]


def test_a_known_gpu_that_nothing_serves_leaves_the_unknown_one_to_decide() -> None:
    plan = make_plan(
        linux(
            Gpu(vendor="nvidia", index=0, source=SOURCE, name="NVIDIA RTX 9999"),
            Gpu(vendor="nvidia", index=1, source=SOURCE, compute_capability="3.5"),
        ),
        KNOWLEDGE,
        Request(),
    )
    assert plan.because[0].code == "gpu-unknown"


def test_an_integrated_gpu_does_not_decide_beside_an_unknown_discrete_one() -> None:
    plan = make_plan(
        linux(
            Gpu(vendor="nvidia", index=0, source=SOURCE, name="NVIDIA RTX 9999"),
            Gpu(vendor="amd", index=0, source=SOURCE, gfx="gfx1103", integrated=True),
        ),
        KNOWLEDGE,
        Request(),
    )
    assert plan.because[0].code == "gpu-unknown"


def test_an_unknown_gpu_is_never_kept_and_one_that_torch_tells_of_is() -> None:
    gpu = Gpu(vendor="nvidia", index=0, source=SOURCE, name="NVIDIA RTX 9999")
    torch = known(TorchInstall(version="2.15.0+cu132", build="cu132"))
    machine = linux(gpu, torch=torch)
    assert make_plan(machine, KNOWLEDGE, Request()).action == "refuse"
    device = TorchDevice(kind="cuda", index=0, name=gpu.name, compute_capability="9.0")
    runtime = known(TorchRuntime(cuda_available=True, devices=(device,)))
    told = replace(machine, torch_runtime=runtime)
    assert make_plan(told, KNOWLEDGE, Request()).action == "keep"


@pytest.mark.parametrize(
    ("facts", "capability"),
    [
        ({"tegra": "R36.4.3"}, "8.7"),
        ({"kernel": "5.15.148-tegra"}, "8.7"),
        # JetPack 5 runs on Xavier and Orin, 7 on Thor and Orin
        ({"tegra": "R35.4.1"}, None),
        ({"kernel": "6.8.12-tegra"}, None),
        ({"kernel": "5.15.0-91-generic"}, None),
    ],
)
def test_a_board_of_jetpack_6_is_an_orin_whatever_its_gpu_is_called(
    facts: dict[str, str], capability: str | None
) -> None:
    from envsetup.plan.constraints import situation_of

    gpu = Gpu(vendor="nvidia", index=0, source=SOURCE, name="nvgpu")
    told = {name: known(value) for name, value in facts.items()}
    here = situation_of(linux(gpu, **told), KNOWLEDGE)
    assert [g.compute_capability for g in here.gpus] == [capability]


MAC = """PyTorch version: {torch}
CUDA used to build PyTorch: None
OS: macOS {macos} ({arch})
Python version: 3.11.9 (main) [Clang 14.0.3] (64-bit runtime)
Python platform: macOS-{macos}-{arch}-{arch}-64bit
Is CUDA available: False
GPU models and configuration: No CUDA
Nvidia driver version: No CUDA
"""


# matrix.md: MPS from macOS 13.0 in 2.5 to 2.8, from 14.0 in 2.9 and newer; Intel Macs end with 2.2.2
@pytest.mark.parametrize(
    ("macos", "arch", "version", "vendors"),
    [
        ("13.7.4", "arm64", "2.8.0", ["apple"]),
        # 2.15 documents MPS for macOS 15 (trap 14 of matrix.md)
        ("14.5", "arm64", "2.14.1", ["apple"]),
        ("12.7", "arm64", "2.4.1", ["apple"]),
        ("13.7.4", "x86_64", None, []),
    ],
)
def test_a_pasted_mac_of_apple_silicon_has_its_gpu(
    macos: str, arch: str, version: str | None, vendors: list[str]
) -> None:
    machine = read_text(MAC.format(torch="2.0.0", macos=macos, arch=arch))
    assert machine is not None
    gpus = machine.gpus.value if isinstance(machine.gpus, Known) else ()
    assert [g.vendor for g in gpus] == vendors
    if version:
        assert candidates(machine, KNOWLEDGE, Request())[0].version == version


def test_a_paste_that_names_no_python_says_which_was_assumed(
    invoke: Invoke, tmp_path: Path
) -> None:
    file = tmp_path / "smi.txt"
    file.write_text(smi("NVIDIA GeForce GTX 1080"))
    answer = json.loads(invoke(f"--machine {file} --format json").stdout)
    assert answer["requirements"] == ["torch==2.14.1+cu126"]
    assert "Python 3.14" in answer["assumed"]
