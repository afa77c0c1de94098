"""Machines of which the matrix of wheels, kernels and drivers leaves one answer, or two.

Each row was worked out from the facts, not from what the planner said: Volta's coming and
going in cu128, the builds that only Linux has, Pythons that end early, drivers between two families.
"""

from __future__ import annotations

import pytest

from tests.plan.conftest import Answer

ROWS = [
    ("pascal 580", "torch LINUX --driver 580.65.06 --gpu nvidia:6.1", ("2.14.1+cu126",)),
    (
        "v100 550 torch2.7",
        "torch==2.7.* LINUX --driver 550.54.15 --gpu nvidia:7.0",
        ("2.7.1+cu126", "2.7.1+cu118"),
    ),
    (
        "v100 570 2.9",
        "torch~=2.9.0 LINUX --driver 570.86.15 --gpu nvidia:7.0",
        ("2.9.1+cu126", "2.9.1+cu128"),
    ),
    (
        "win 4070 581",
        "torch WINDOWS --driver 581.15 --gpu nvidia:8.9",
        ("2.15.0+cu132", "2.15.0+cu130"),
    ),
    (
        "gh200 2.10",
        "torch==2.10.0 ARM --driver 580.65.06 --gpu nvidia:9.0",
        ("2.10.0+cu130", "2.10.0+cu129", "2.10.0+cu128"),
    ),
    ("gh200 535", "torch ARM --driver 535.129.03 --gpu nvidia:9.0", ("2.14.1+cu126",)),
    ("t4g", "torch ARM --driver 580.65.06 --gpu nvidia:7.5", ("2.15.0+cpu",)),
    ("thor", "torch ARM --driver 580.00 --gpu nvidia:11.0", ("2.15.0+cu132", "2.15.0+cu130")),
    ("thor 2.8", "torch==2.8.0 ARM --driver 580.00 --gpu nvidia:11.0", ()),
    ("orin", "torch ARM --driver 540.3.0 --gpu nvidia:8.7", ()),
    ("a100 550", "torch LINUX --driver 550.90.07 --gpu nvidia:8.0", ("2.14.1+cu126",)),
    ("a100 570", "torch LINUX --driver 570.124.06 --gpu nvidia:8.0", ("2.14.1+cu126",)),
    ("a100 535 2.15", "torch==2.15.0 LINUX --driver 535.183.01 --gpu nvidia:8.0", ()),
    ("win gtx980 2.8.0", "torch==2.8.0 WINDOWS --driver 560.94 --gpu nvidia:5.2", ()),
    (
        "win gtx980 <2.9",
        "torch<2.9 WINDOWS --driver 560.94 --gpu nvidia:5.2",
        ("2.7.1+cu126", "2.7.1+cu118"),
    ),
    ("5090 576 2.6", "torch==2.6.0 WINDOWS --driver 576.02 --gpu nvidia:12.0", ()),
    ("5090 576 win", "torch WINDOWS --driver 576.02 --gpu nvidia:12.0", ("2.11.0+cu128",)),
    ("5090 575 linux", "torch LINUX --driver 575.57.08 --gpu nvidia:12.0", ("2.13.0+cu129",)),
    (
        "5090 570 linux",
        "torch LINUX --driver 570.124.06 --gpu nvidia:12.0",
        ("2.13.0+cu129", "2.11.0+cu128"),
    ),
    ("5090 560 too old", "torch LINUX --driver 560.35.03 --gpu nvidia:12.0", ()),
    (
        "win ada 552 2.13",
        "torch==2.13.0 WINDOWS --driver 552.22 --gpu nvidia:8.9",
        ("2.13.0+cu126",),
    ),
    (
        "intel mac",
        "torch --os macos --arch x86_64 --macos-version 15.0 --python-version 3.12",
        ("2.2.2",),
    ),
    (
        "intel mac 3.13",
        "torch --os macos --arch x86_64 --macos-version 15.0 --python-version 3.13",
        (),
    ),
    (
        "mac 14 mps",
        "torch --os macos --arch arm64 --macos-version 14.6 --python-version 3.12",
        ("2.15.0", "2.14.1"),
    ),
    (
        "mac 26",
        "torch --os macos --arch arm64 --macos-version 26.1 --python-version 3.13",
        ("2.15.0",),
    ),
    (
        "py310",
        "torch --os linux --arch x86_64 --python-version 3.10 --libc glibc2.35 --driver 595.45 --gpu nvidia:8.9",
        ("2.14.1+cu132", "2.14.1+cu130"),
    ),
    (
        "py313t",
        "torch --os linux --arch x86_64 --python-version 3.13t --libc glibc2.35 --driver 595.45 --gpu nvidia:8.9",
        ("2.12.0+cu132", "2.12.0+cu130"),
    ),
    (
        "py314t",
        "torch --os linux --arch x86_64 --python-version 3.14t --libc glibc2.35 --driver 595.45 --gpu nvidia:8.9",
        ("2.15.0+cu132", "2.15.0+cu130"),
    ),
    (
        "py39",
        "torch --os linux --arch x86_64 --python-version 3.9 --libc glibc2.35 --driver 595.45 --gpu nvidia:8.9",
        ("2.8.0+cu129", "2.8.0+cu128", "2.8.0+cu126"),
    ),
    (
        "py38",
        "torch --os linux --arch x86_64 --python-version 3.8 --libc glibc2.31 --driver 535.104 --gpu nvidia:8.6",
        ("2.4.1+cu124", "2.4.1+cu121"),
    ),
    (
        "py37",
        "torch --os linux --arch x86_64 --python-version 3.7 --libc glibc2.31 --driver 535.104 --gpu nvidia:8.6",
        ("1.13.1+cu117", "1.13.1+cu116"),
    ),
    ("py36", "torch --os linux --arch x86_64 --python-version 3.6 --libc glibc2.31", ()),
    ("py316", "torch --os linux --arch x86_64 --python-version 3.16 --libc glibc2.35", ()),
    (
        "tv 2.14.1",
        "torch==2.14.1 torchvision LINUX --driver 595.45 --gpu nvidia:8.9",
        ("2.14.1+cu132", "2.14.1+cu130"),
    ),
    (
        "centos7",
        "torch --os linux --arch x86_64 --python-version 3.10 --libc glibc2.17 --driver 535.104.05 --gpu nvidia:8.0",
        ("2.6.0+cu124", "2.6.0+cu118"),
    ),
    (
        "ubuntu1804 v100",
        "torch --os linux --arch x86_64 --python-version 3.9 --libc glibc2.27 --driver 470.82 --gpu nvidia:7.0",
        ("2.6.0+cu118",),
    ),
    ("alpine", "torch --os linux --arch x86_64 --python-version 3.12 --libc musl1.2", ()),
    ("mi50", "torch LINUX --gpu amd:gfx906", ("2.9.1+rocm6.3", "2.9.0+rocm6.3")),
    ("gfx1103", "torch LINUX --gpu amd:gfx1103", ("2.14.1+rocm7.14",)),
    (
        "gtx1060 uv",
        "torch LINUX --driver 580.65 --gpu nvidia:6.1 --installer uv",
        ("2.14.1+cu126",),
    ),
    (
        "k80 470",
        "torch --os linux --arch x86_64 --python-version 3.10 --libc glibc2.31 --driver 470.223 --gpu nvidia:3.7",
        ("2.7.1+cu118", "2.3.1+cu118"),
    ),
    ("a100 450", "torch LINUX --driver 450.119.04 --gpu nvidia:8.0", ("2.7.1+cu118",)),
    ("a100 515", "torch LINUX --driver 515.65.01 --gpu nvidia:8.0", ("2.7.1+cu118",)),
    ("a100 525.60", "torch LINUX --driver 525.60.13 --gpu nvidia:8.0", ("2.14.1+cu126",)),
    ("a100 520 between", "torch LINUX --driver 520.61.05 --gpu nvidia:8.0", ("2.7.1+cu118",)),
    ("win 528.33", "torch WINDOWS --driver 528.33 --gpu nvidia:8.6", ("2.14.1+cu126",)),
    ("win 522", "torch WINDOWS --driver 522.06 --gpu nvidia:8.6", ("2.7.1+cu118",)),
    ("win 572 5090", "torch WINDOWS --driver 572.16 --gpu nvidia:12.0", ("2.11.0+cu128",)),
    (
        "win 596 5090",
        "torch WINDOWS --driver 596.21 --gpu nvidia:12.0",
        ("2.15.0+cu132", "2.15.0+cu130"),
    ),
    (
        "b300 580",
        "torch LINUX --driver 580.95.05 --gpu nvidia:10.3",
        ("2.15.0+cu132", "2.15.0+cu130"),
    ),
    ("gb10", "torch ARM --driver 580.95.05 --gpu nvidia:12.1", ("2.15.0+cu132", "2.15.0+cu130")),
    (
        "mixed 1080ti+4090 580",
        "torch LINUX --driver 580.95.05 --gpu nvidia:6.1 --gpu nvidia:8.9",
        ("2.14.1+cu126",),
    ),
    (
        "mixed igpu amd + nvidia",
        "torch LINUX --driver 595.45 --gpu amd:gfx1036 --gpu nvidia:8.9",
        ("2.15.0+cu132", "2.15.0+cu130"),
    ),
    ("ppc64le", "torch --os linux --arch ppc64le --python-version 3.10 --libc glibc2.28", ()),
    ("i686", "torch --os linux --arch i686 --python-version 3.10 --libc glibc2.31", ()),
    ("armv7l", "torch --os linux --arch armv7l --python-version 3.11 --libc glibc2.36", ()),
    (
        "rpi5",
        "torch --os linux --arch aarch64 --python-version 3.11 --libc glibc2.36",
        ("2.15.0+cpu", "2.15.0"),
    ),
    ("backend cu118 on 5090", "torch LINUX --driver 595.45 --gpu nvidia:12.0 --backend cu118", ()),
    (
        "backend cpu on gpu",
        "torch LINUX --driver 595.45 --gpu nvidia:8.9 --backend cpu",
        ("2.15.0+cpu",),
    ),
    ("==9.9", "torch==9.9 LINUX", ()),
    ("pre-release rc", "torch==2.16.0rc1 LINUX", ()),
    (
        "!=",
        "torch!=2.15.0 LINUX --driver 595.45 --gpu nvidia:8.9",
        ("2.14.1+cu132", "2.14.1+cu130"),
    ),
    (
        "wsl 581",
        "torch LINUX --wsl --driver 581.15 --gpu nvidia:8.9",
        ("2.15.0+cu132", "2.15.0+cu130"),
    ),
    (
        "tv 0.20",
        "torchvision==0.20.1 LINUX --driver 595.45 --gpu nvidia:8.9",
        ("2.5.1+cu124", "2.5.1+cu121"),
    ),
    ("mi100", "torch LINUX --gpu amd:gfx908", ("2.14.1+rocm7.2", "2.14.1+rocm7.14")),
    ("mi250", "torch LINUX --gpu amd:gfx90a", ("2.14.1+rocm7.2", "2.14.1+rocm7.14")),
    ("rx6900 gfx1030", "torch LINUX --gpu amd:gfx1030", ("2.14.1+rocm7.2", "2.14.1+rocm7.14")),
    ("rx6750 gfx1031", "torch LINUX --gpu amd:gfx1031", ("2.14.1+rocm7.2", "2.14.1+rocm7.14")),
    ("rx6600 gfx1032", "torch LINUX --gpu amd:gfx1032", ("2.14.1+rocm7.2", "2.14.1+rocm7.14")),
    ("gfx1033", "torch LINUX --gpu amd:gfx1033", ("2.14.1+rocm7.14", "2.15.0+cpu")),
    ("strix halo", "torch LINUX --gpu amd:gfx1151", ("2.14.1+rocm7.2", "2.14.1+rocm7.14")),
    ("strix point", "torch LINUX --gpu amd:gfx1150", ("2.14.1+rocm7.2", "2.14.1+rocm7.14")),
    ("rx9060", "torch LINUX --gpu amd:gfx1200", ("2.14.1+rocm7.2", "2.14.1+rocm7.14")),
    ("vega56", "torch LINUX --gpu amd:gfx900", ("2.9.1+rocm6.3",)),
    ("mi300 torch2.9", "torch==2.9.1 LINUX --gpu amd:gfx942", ("2.9.1+rocm6.4",)),
    ("mi355 torch2.9", "torch==2.9.1 LINUX --gpu amd:gfx950", ()),
    ("mi355 2.10", "torch==2.10.0 LINUX --gpu amd:gfx950", ("2.10.0+rocm7.1", "2.10.0+rocm7.0")),
    ("mi300 aarch64", "torch ARM --gpu amd:gfx942", ("2.15.0+cpu",)),
    ("radeon windows", "torch WINDOWS --gpu amd:gfx1100", ("2.15.0+cpu",)),
    ("radeon win forced", "torch WINDOWS --gpu amd:gfx1100 --backend rocm7.2", ()),
    (
        "7900 glibc2.17",
        "torch --os linux --arch x86_64 --python-version 3.10 --libc glibc2.17 --gpu amd:gfx1100",
        ("2.5.1+rocm6.2", "2.5.1+rocm6.1"),
    ),
    ("arc b580 linux", "torch LINUX --gpu intel:e20b", ("2.15.0+xpu", "2.14.1+xpu")),
    ("arc a770 windows", "torch WINDOWS --gpu intel:56a0", ("2.15.0+xpu", "2.14.1+xpu")),
    ("arc windows 2.5", "torch==2.5.1 WINDOWS --gpu intel:56a0", ()),
    ("max 1550", "torch LINUX --gpu intel:0bd5", ("2.15.0+xpu", "2.14.1+xpu")),
    ("uhd630 linux", "torch LINUX --gpu intel:3e92:igpu", ("2.15.0+cpu",)),
    ("arc aarch64", "torch ARM --gpu intel:56a0", ("2.15.0+cpu",)),
    (
        "mac 13 mps",
        "torch --os macos --arch arm64 --macos-version 13.6 --python-version 3.12 --gpu apple",
        ("2.8.0", "2.7.1"),
    ),
    (
        "mac 12.3",
        "torch --os macos --arch arm64 --macos-version 12.6 --python-version 3.11 --gpu apple",
        ("2.4.1",),
    ),
    ("arc forced cuda", "torch LINUX --gpu intel:56a0 --backend cu132", ()),
    ("5.2 390", "torch LINUX --driver 390.157 --gpu nvidia:5.2", ()),
    ("418", "torch LINUX --driver 418.226 --gpu nvidia:7.0", ()),
    ("h100 450", "torch LINUX --driver 450.80.02 --gpu nvidia:7.5", ("2.7.1+cu118",)),
    (
        "3090 compat",
        "torch LINUX --driver 535.183.01 --driver-cuda 13.0 --gpu nvidia:8.6",
        ("2.14.1+cu126",),
    ),
    (
        "b200 580 py315",
        "torch --os linux --arch x86_64 --python-version 3.15 --libc glibc2.34 --driver 580.95.05 --gpu nvidia:10.0",
        ("2.15.0+cu132", "2.15.0+cu130"),
    ),
    ("1080 590", "torch LINUX --driver 590.48.01 --gpu nvidia:6.1", ()),
    ("v100 win 591", "torch WINDOWS --driver 591.44 --gpu nvidia:7.0", ()),
    (
        "audio",
        "torch torchvision torchaudio LINUX --driver 580.95.05 --gpu nvidia:8.9",
        ("2.15.0+cu132", "2.15.0+cu130", "2.14.1+cu130", "2.14.1+cu132"),
    ),
]
"""What it is, the options, and the accepted versions; none where it must be refused."""


@pytest.mark.parametrize(("name", "options", "accepted"), ROWS, ids=[row[0] for row in ROWS])
def test_the_facts_leave_this_answer(
    plan: Answer, name: str, options: str, accepted: tuple[str, ...]
) -> None:
    told = plan(options + " --offline")
    if not accepted:
        assert told["action"] == "refuse"
        assert told["fixes"]
        return
    build = f"+{told['build']}" if told["build"] else ""
    assert told["action"] == "install"
    assert told["torch_version"] + build in accepted


@pytest.mark.parametrize(
    ("driver", "below"), [("527.41", True), ("528.02", True), ("528.33", False)]
)
def test_a_windows_driver_below_the_promise_of_cuda_12_is_warned_of(
    plan: Answer, driver: str, below: bool
) -> None:
    told = plan(f"WINDOWS --driver {driver} --gpu nvidia:8.6 --offline")
    assert told["build"] == "cu126"
    assert ("driver-below-floor" in [w["code"] for w in told["warnings"]]) is below


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("LINUX --gpu amd:gfx1031", "override-needed"),
        ("LINUX --gpu amd:gfx1033", "gpu-not-served"),
        ("LINUX --gpu amd:gfx900", "unsupported-by-vendor"),
        ("ARM --gpu amd:gfx942", "gpu-not-served"),
        ("WINDOWS --gpu amd:gfx1100", "gpu-not-served"),
        ("ARM --gpu intel:56a0", "gpu-not-served"),
    ],
)
def test_what_an_amd_or_intel_gpu_lacks_is_warned_of(plan: Answer, options: str, code: str) -> None:
    assert code in [w["code"] for w in plan(options + " --offline")["warnings"]]


@pytest.mark.parametrize(
    ("gpu", "served"),
    [
        ("8.9:NVIDIA L4", True),
        ("8.9:AD104GL [L4]", True),
        ("8.6:GA102GL [A40]", True),
        ("8.6:NVIDIA RTX A4000", False),
        ("7.5:NVIDIA T400 4GB", False),
        ("8.9:GeForce RTX 4090", False),
    ],
)
def test_a_forward_compatible_libcuda_serves_data_centre_models(
    plan: Answer, gpu: str, served: bool
) -> None:
    told = plan(f"LINUX --driver 535.183.01 --driver-cuda 13.0 --gpu 'nvidia:{gpu}' --offline")
    assert told["build"].startswith("cu13") is served
