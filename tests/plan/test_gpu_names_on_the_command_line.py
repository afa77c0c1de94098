"""`--gpu` and `--backend` take what people call them, and say what was meant where they don't know it."""

from __future__ import annotations

import pytest

from tests.plan.conftest import Answer, Invoke

NAMED = [
    ("RTX 4090", "2.15.0", "cu13"),
    ("rtx4090", "2.15.0", "cu13"),
    ("GeForce RTX 4070 Ti SUPER", "2.15.0", "cu13"),
    ("H100", "2.15.0", "cu13"),
    ("A100", "2.15.0", "cu13"),
    # below 7.5 CUDA 13 has no kernels
    ("GTX 1080", "2.14.1", "cu126"),
    ("gtx1060", "2.14.1", "cu126"),
    ("V100", "2.14.1", "cu126"),
    ("GRID V100D-8Q", "2.14.1", "cu126"),
    ("RX 7900 XTX", "2.14.1", "rocm7.2"),
    ("rx7900xtx", "2.14.1", "rocm7.2"),
    ("MI300X", "2.14.1", "rocm7.2"),
    ("Arc B580", "2.15.0", "xpu"),
    # chips that are Arm themselves: 11.0 has kernels in Arm builds alone
    ("NVIDIA Thor", "2.15.0", "cu13"),
    ("GH200", "2.15.0", "cu13"),
]


@pytest.mark.parametrize(("name", "version", "build"), NAMED)
def test_a_name_stands_for_what_runs_on_it(
    plan: Answer, name: str, version: str, build: str
) -> None:
    answer = plan(f"--os linux --gpu {name!r}")
    assert answer["action"] == "install"
    assert answer["torch_version"] == version
    assert answer["build"].startswith(build)


@pytest.mark.parametrize(
    ("name", "among"),
    [
        ("RTX 6000", ["nvidia:7.5", "nvidia:8.9", "nvidia:12.0"]),
        ("rtx 4000", ["nvidia:7.5", "nvidia:8.9"]),
        ("M4", ["Apple M4", "Tesla M4"]),
    ],
)
def test_a_name_of_several_is_asked_about(invoke: Invoke, name: str, among: list[str]) -> None:
    result = invoke(f"--os linux --gpu {name!r}")
    assert result.exit_code == 2
    assert [word for word in among if word not in result.output] == []


@pytest.mark.parametrize(
    ("option", "meant"),
    [
        ("--gpu H1000", "H100"),
        ("--gpu 'RTX 40900'", "RTX 4090"),
        ("--gpu 'RX 7900 XXT'", "RX 7900 XT"),
        ("--backend cu127", "cu12"),
        ("--backend rocm72", "rocm7.2"),
        ("--backend CU126", "cu126"),
        ("--backend cud", "cuda"),
    ],
)
def test_a_typo_gets_what_was_meant(invoke: Invoke, option: str, meant: str) -> None:
    result = invoke(f"--os linux {option}")
    assert result.exit_code == 2
    assert "did you mean" in result.output
    assert meant in result.output


@pytest.mark.parametrize(
    ("line", "build"),
    [
        ("--gpu 'RTX 4090' --backend cuda", "cu13"),
        ("--gpu 'GTX 1080' --backend cuda", "cu126"),
        ("--gpu 'RX 7900 XTX' --backend rocm", "rocm7.2"),
    ],
)
def test_a_family_of_builds(plan: Answer, line: str, build: str) -> None:
    assert plan(f"--os linux {line}")["build"].startswith(build)


def test_a_family_that_the_gpu_is_not_of_is_refused(plan: Answer) -> None:
    answer = plan("--os linux --gpu 'RTX 4090' --backend rocm")
    assert answer["action"] == "refuse"
    assert "--backend auto" in answer["fixes"][0]["text"]
