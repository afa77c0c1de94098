"""The choice on machines of every kind; each row's answer follows from a fact named beside it."""

from __future__ import annotations

import pytest

from tests.plan.conftest import Answer, Invoke

INSTALLS = [
    # the done-when commands
    ("LINUX --driver 580.95.05 --gpu nvidia:6.1", "2.14.1+cu126"),
    ("LINUX --driver 580.95.05 --gpu nvidia:8.9", "2.15.0+cu132"),
    # aarch64: cu126 has 8.0 and 9.0 alone, and minor-version compatibility reaches it from 525
    ("ARM --driver 550.54.15 --gpu nvidia:9.0:GH200", "2.14.1+cu126"),
    # the default wheel of 2.10 on Arm is a CPU build; the index has CUDA builds
    ("torch==2.10.0 ARM --driver 580.95.05 --gpu nvidia:9.0", "2.10.0+cu130"),
    ("ARM --driver 580.00 --gpu nvidia:11.0:Thor", "2.15.0+cu132"),
    # from CUDA 13.2 on the Arm server builds count for Orin
    ("ARM --driver 595.45.04 --gpu nvidia:8.7:Orin", "2.15.0+cu132"),
    # no build but cu118 holds 3.7; 470 is the last branch that drives it
    ("LINUX --driver 470.256.02 --gpu nvidia:3.7:K80", "2.7.1+cu118"),
    ("LINUX --driver 535.183.01 --gpu nvidia:6.0:P100", "2.14.1+cu126"),
    # Volta and Blackwell share a build only in the cu128 and cu129 builds of 2.8 to 2.10
    ("LINUX --driver 580.95.05 --gpu nvidia:7.0 --gpu nvidia:12.0", "2.10.0+cu129"),
    # a forward-compatibility libcuda counts on data-centre GPUs alone
    ("LINUX --driver 535.183.01 --driver-cuda 13.0 --gpu nvidia:8.0:A100", "2.15.0+cu132"),
    ("LINUX --driver 535.183.01 --driver-cuda 13.0 --gpu 'nvidia:8.9:GeForce RTX 4090'", "2.14.1+cu126"),
    ("LINUX --wsl --driver 551.86 --gpu nvidia:8.9", "2.14.1+cu126"),
    # integrated never decides beside discrete
    ("LINUX --driver 580.95.05 --gpu intel:7d55 --gpu nvidia:8.9", "2.15.0+cu132"),
    ("LINUX --gpu amd:gfx1036:igpu --gpu amd:gfx1100", "2.14.1+rocm7.2"),
    ("LINUX --gpu amd:gfx1103:igpu", "2.14.1+rocm7.14"),
    ("LINUX --gpu amd:gfx906", "2.9.1+rocm6.3"),
    ("LINUX --gpu amd:gfx1032", "2.14.1+rocm7.2"),
    ("LINUX --gpu intel:3e92", "2.15.0+cpu"),
    ("WINDOWS --gpu amd:gfx1100", "2.15.0+cpu"),
    ("--os linux --arch x86_64 --python-version 3.13t --libc glibc2.35", "2.12.0+cpu"),
    ("--os linux --arch x86_64 --python-version 3.8 --libc glibc2.35", "2.4.1+cpu"),
    ("--os linux --arch x86_64 --python-version 3.9 --libc glibc2.35", "2.8.0+cpu"),
    ("--os linux --arch x86_64 --python-version 3.12 --libc glibc2.27", "2.6.0+cpu"),
    ("--os linux --arch x86_64 --python-version 3.12 --libc glibc2.26 --driver 580.95.05 --gpu nvidia:8.6", "2.6.0+cu124"),
    # torchvision from 0.26 excludes 3.14.1
    ("torch torchvision --os linux --arch x86_64 --python-version 3.14.1", "2.10.0+cpu"),
    ("--os macos --arch x86_64 --python-version 3.12 --macos-version 15.2", "2.2.2"),
    ("torch==2.8.0 ARM --driver 580.95.05 --gpu nvidia:9.0", "2.8.0+cu129"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), INSTALLS)
def test_installs(plan: Answer, line: str, expected: str) -> None:
    answer = plan(line)
    assert answer["action"] == "install"
    build = f"+{answer['build']}" if answer["build"] else ""
    assert answer["torch_version"] + build == expected
    assert answer["requirements"][0] == f"torch=={expected}"
    assert answer["commands"]


REFUSALS = [
    ("LINUX --driver 390.157 --gpu nvidia:6.1", "driver 580"),
    ("LINUX --driver none --gpu nvidia:6.1", "2.14.1+cu126"),
    ("LINUX --driver none --gpu nvidia:8.9", "2.15.0+cu132"),
    ("LINUX --driver 590.48.01 --gpu nvidia:6.0:P100", "branch 580 is the last"),
    ("LINUX --driver 525.60.13 --gpu nvidia:10.0", "570.26"),
    ("torch==2.15.0 LINUX --driver 535.183.01 --gpu nvidia:8.0", "without a version"),
    ("LINUX --driver 580.95.05 --gpu nvidia:12.0 --backend cu126", "--backend auto"),
    ("--os linux --arch x86_64 --python-version 3.12 --libc musl1.2", "glibc"),
    ("--os linux --arch x86_64 --python-version 3.15 --driver 580.95.05 --gpu nvidia:7.0", "Python 3.14"),
    ("--os linux --arch riscv64 --python-version 3.12", "riscv64"),
    ("--os linux --arch i686 --python-version 3.12", "64-bit"),
    ("--os macos --arch x86_64 --python-version 3.13 --macos-version 14.2", "arm64"),
    ("--os macos --arch arm64 --python-version 3.12 --macos-version 12.2 --gpu apple", "macOS"),
    ("LINUX --gpu amd:gfx1100 --installer conda", "allow-cpu"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "words"), REFUSALS)
def test_refuses_and_says_what_would_help(
    plan: Answer, invoke: Invoke, line: str, words: tuple[str, ...]
) -> None:
    answer = plan(line)
    assert answer["action"] == "refuse"
    assert any(words in fix["text"] for fix in answer["fixes"]), answer["fixes"]
    piped = invoke(line)
    assert piped.exit_code == 1
    assert piped.stdout == ""


WARNINGS = [
    ("LINUX --driver 580.95.05 --gpu nvidia:8.9 --backend cpu", "cpu-build-beside-gpu"),
    ("LINUX --gpu amd:gfx1032", "override-needed"),
    ("LINUX --gpu amd:gfx900", "unsupported-by-vendor"),
    ("LINUX --gpu amd:gfx1100 --wsl", "amd-wsl2"),
    ("LINUX --gpu intel:56a0", "unverified-build"),
    ("ARM --driver 580.95.05 --gpu nvidia:7.5:T4G", "gpu-not-served"),
    ("LINUX --driver 580.95.05 --gpu nvidia:8.9 --gpu amd:gfx1100", "other-vendor-gpu"),
    ("torch==2.5.1 LINUX --gpu none", "known-vulnerability"),
    ("--os linux --arch x86_64 --python-version 3.12 --libc glibc2.17", "old-release"),
    ("LINUX --channel nightly --gpu none", "unpinned-channel"),
]


@pytest.mark.parametrize(("line", "code"), WARNINGS)
def test_warns(plan: Answer, line: str, code: str) -> None:
    assert code in [warning["code"] for warning in plan(line)["warnings"]]


def test_a_split_names_the_other_environment(plan: Answer) -> None:
    answer = plan("torch==2.15.0 LINUX --driver 580.95.05 --gpu nvidia:7.5 --gpu nvidia:7.0")
    assert answer["action"] in ("install", "refuse")
    answer = plan("LINUX --driver 470.256.02 --gpu nvidia:3.7:K80 --gpu nvidia:8.6")
    assert answer["torch_version"] == "2.7.1"
    answer = plan("torch>=2.11 LINUX --driver 580.95.05 --gpu nvidia:7.0 --gpu nvidia:12.0")
    assert "split" in [warning["code"] for warning in answer["warnings"]]
    assert {a["build"] for a in answer["alternatives"]} >= {"cu132", "cu126"}


def test_why_not_2_15_on_pascal(plan: Answer) -> None:
    rejected = plan("LINUX --driver 580.95.05 --gpu nvidia:6.1")["rejected"]
    codes = {r["code"] for r in rejected if r["version"] == "2.15.0" and r["build"] == "cu132"}
    assert codes == {"gpu-arch-missing"}
