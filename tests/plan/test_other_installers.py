"""conda and pixi by conda-forge's own facts, Poetry and PDM by their sources, vendors by their indexes."""

from __future__ import annotations

import pytest

from tests.plan.conftest import Answer, Invoke

CONDA = [
    # CUDA 12.9 there has glibc 2.17 and kernels from 5.0 to 12.0; 13.0 has 2.28 and 7.5 to 12.0
    ("--os linux --libc glibc2.17 --driver 535.183.01 --gpu nvidia:8.0", "2.13.0", "pytorch-gpu cuda-version=12.9"),
    ("--os linux --libc glibc2.17 --driver 580.95 --gpu nvidia:12.0", "2.13.0", "pytorch-gpu cuda-version=12.9"),
    ("--os linux --libc glibc2.35 --driver 580.95 --gpu nvidia:6.1", "2.13.0", "pytorch-gpu cuda-version=12.9"),
    ("--os linux --libc glibc2.35 --driver 595.45 --gpu nvidia:8.9", "2.13.0", "pytorch-gpu cuda-version=13.0"),
    ("--os linux --libc glibc2.17 --gpu none", "2.13.0", "pytorch-cpu"),
    # Windows has 12.8
    ("--os windows --driver 581.15 --gpu nvidia:6.1", "2.13.0", "pytorch-gpu cuda-version=12.8"),
    # osx-64 has current CPU builds, where wheels ended with 2.2.2 and Python 3.12
    ("--os macos --arch x86_64 --python-version 3.13", "2.13.0", "pytorch"),
    ("--os macos --arch arm64 --macos-version 15.2 --gpu apple", "2.13.0", "pytorch"),
    # linux-aarch64 has a tegra build of 12.9, and an sbsa one that holds 7.5
    ("--os linux --arch aarch64 --driver 540.4.0 --gpu nvidia:8.7", "2.13.0", "pytorch-gpu cuda-version=12.9"),
    ("--os linux --arch aarch64 --driver 550.54 --gpu nvidia:7.5:T4G", "2.13.0", "pytorch-gpu cuda-version=12.9"),
    # of older releases the CUDA major alone is known
    ("torch==2.8.0 --os linux --driver 580.95 --gpu nvidia:8.9", "2.8.0", "pytorch-gpu=2.8.0 cuda-version=12"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "version", "packages"), CONDA)
def test_conda_goes_by_what_conda_forge_has(
    plan: Answer, line: str, version: str, packages: str
) -> None:
    answer = plan(f"{line} --installer conda")
    assert answer["torch_version"] == version
    argv = " ".join(answer["commands"][0]["argv"])
    assert argv == f"conda install -c conda-forge --override-channels {packages}"
    assert "installer-not-run" in [w["code"] for w in answer["warnings"]]


@pytest.mark.parametrize("line", [row[0] for row in CONDA if "nvidia" in row[0]])
def test_pixi_says_how_cuda_is_declared(plan: Answer, line: str) -> None:
    answer = plan(f"{line} --installer pixi")
    told = [w["text"] for w in answer["warnings"] if w["code"] == "pixi-needs-cuda-declared"]
    major = answer["build"][2:4]
    assert len(told) == 1
    assert f'cuda = "{major}.0"' in told[0]


def test_pixi_declares_no_cuda_for_a_cpu_build(plan: Answer) -> None:
    warned = plan("--os linux --gpu none --installer pixi")["warnings"]
    assert "pixi-needs-cuda-declared" not in [w["code"] for w in warned]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        # no conda-forge build of CUDA 11; wheels of cu118 run from 450.80
        ("--os linux --driver 460.32.03 --gpu nvidia:8.0 --python-version 3.12", "2.7.1+cu118"),
        ("torch==2.15.0 --os linux --gpu none", "2.15.0+cpu"),
        ("--os linux --gpu amd:gfx1100", "rocm7.2"),
    ],
)
def test_where_conda_has_nothing_the_wheels_that_serve_are_named(
    plan: Answer, line: str, words: str
) -> None:
    answer = plan(f"{line} --installer conda")
    assert answer["action"] == "refuse"
    assert any("--installer pip" in f["text"] and words in f["text"] for f in answer["fixes"])


def test_conda_and_unknown_gpus(plan: Answer, invoke: Invoke) -> None:
    answer = plan("--os linux --gpu nvidia:8.9 --python-version 3.6 --installer conda")
    assert answer["action"] == "refuse"
    assert invoke("--os linux --gpu 'RTX 4090' --installer conda").exit_code == 0


@pytest.mark.parametrize("installer", ["pip", "conda"])
def test_environment_yml_keeps_the_python(invoke: Invoke, installer: str) -> None:
    line = f"--os linux --python-version 3.12 --installer {installer} --format environment-yml"
    assert "  - python=3.12\n" in invoke(line).stdout


PROJECTS = [
    ("poetry", "--os linux --gpu nvidia:6.1 --driver 580.95", [
        "poetry source add --priority=explicit pytorch-cu126 https://download.pytorch.org/whl/cu126",
        "poetry add --source pytorch-cu126 torch==2.14.1+cu126",
    ]),
    ("poetry", "torch==2.2.2 --os linux --gpu none", [
        "poetry source add --priority=explicit pytorch-cpu https://download.pytorch.org/whl/cpu",
        "poetry add --source pytorch-cpu torch==2.2.2+cpu",
        "poetry add numpy<2",
    ]),
    ("poetry", "--os macos --arch arm64 --macos-version 15.2 --gpu apple", ["poetry add torch==2.15.0"]),
    ("pdm", "--os linux --gpu amd:gfx1100", [
        "pdm config --local pypi.pytorch-rocm7-2.url https://download.pytorch.org/whl/rocm7.2",
        "pdm add torch==2.14.1+rocm7.2",
    ]),
    ("pdm", "--os macos --arch arm64 --macos-version 15.2 --gpu apple", ["pdm add torch==2.15.0"]),
]  # fmt: skip


@pytest.mark.parametrize(("installer", "line", "commands"), PROJECTS)
def test_poetry_and_pdm_write_into_the_project(
    plan: Answer, installer: str, line: str, commands: list[str]
) -> None:
    answer = plan(f"{line} --installer {installer}")
    assert [" ".join(c["argv"]) for c in answer["commands"]] == commands
    assert "installer-not-run" in [w["code"] for w in answer["warnings"]]


VENDORS = [
    ("--os windows --gpu amd:gfx1151", "torch[device-gfx1151]==2.13.0+rocm10.0.0"),
    ("--os windows --gpu 'RX 7900 XTX' --python-version 3.12", "torch[device-gfx1100]"),
    ("--os windows --gpu amd:gfx1201 --python-version 3.13", "torch[device-gfx1201]"),
    ("--os linux --gpu amd:gfx1152:igpu", "torch[device-gfx1152]"),
    ("--os linux --gpu amd:gfx1153:igpu --python-version 3.12", "torch[device-gfx1153]"),
    ("--os linux --gpu amd:gfx1033:igpu", "torch[device-gfx1033]"),
    ("--os linux --gpu amd:gfx1010", "torch[device-gfx1010]"),
    ("--os linux --gpu amd:gfx1152:igpu --backend rocm7.14", "torch[device-gfx1152]"),
    ("--os windows --arch arm64 --gpu nvidia:12.1 --python-version 3.12", "nvtorch_oot_nightly"),
]


@pytest.mark.parametrize(("line", "words"), VENDORS)
def test_a_vendors_index_comes_with_its_command(plan: Answer, line: str, words: str) -> None:
    commands = [" ".join(f["argv"]) for f in plan(line)["fixes"] if f["argv"]]
    assert any(words in one and "--index-url https://" in one for one in commands)


@pytest.mark.parametrize(
    "line",
    [
        "--os windows --gpu amd:gfx1151 --python-version 3.10",
        "--os windows --gpu amd:gfx803",
        "--os linux --arch aarch64 --gpu amd:gfx1100",
        "--os windows --arch arm64 --gpu nvidia:12.1 --python-version 3.11",
    ],
)
def test_no_vendors_command_where_it_serves_neither_python_nor_gpu(plan: Answer, line: str) -> None:
    assert not [f for f in plan(line)["fixes"] if f["argv"] and "--index-url" in f["argv"]]


JETSON = [
    ("--driver 540.4.0 --driver-cuda 12.6 --gpu 'Orin (nvgpu)'", "jp6/cu126/+simple/"),
    ("--driver 540.4.0 --driver-cuda 12.6 --gpu nvidia:8.7 --python-version 3.10", "jp6/cu126/+simple/"),
    ("--driver 540.4.0 --driver-cuda 12.8 --gpu nvidia:8.7 --python-version 3.10", "jp6/cu128/+simple/"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "index"), JETSON)
def test_an_orin_on_jetpack_6_gets_the_index_that_has_the_dependencies(
    plan: Answer, line: str, index: str
) -> None:
    answer = plan(f"--os linux {line}")
    assert answer["action"] == "refuse"
    assert answer["fixes"][0]["argv"][-1].endswith(index)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        # JetPack 6 has wheels for its own Python, 5 has no such index
        ("--driver 540.4.0 --gpu nvidia:8.7 --python-version 3.12", "JetPack 6 (Python 3.10)"),
        ("--driver-cuda 11.4 --gpu nvidia:8.7 --python-version 3.8", "JetPack 5 (Python 3.8)"),
    ],
)
def test_no_index_is_offered_to_another_jetpack_or_python(
    plan: Answer, line: str, named: str
) -> None:
    fix = plan(f"--os linux {line}")["fixes"][0]
    assert named in fix["text"]
    assert "https://docs.nvidia.com/" in fix["text"]
    assert not fix["argv"]
