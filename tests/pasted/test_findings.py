"""What is wrong in a pasted text is found, and its like that is right is let be."""

from __future__ import annotations

import pytest

from envsetup.doctor.findings import find
from envsetup.knowledge import load
from envsetup.probes.pasted import read_text
from envsetup.testing import value

HEAD = """\
PyTorch version: 2.4.0+cu121
CUDA used to build PyTorch: 12.1
OS: Ubuntu 22.04.3 LTS (x86_64)
Libc version: glibc-2.35
Python version: 3.11.4 (main, Jul  5 2023, 13:45:01) [GCC 11.2.0] (64-bit runtime)
Python platform: Linux-6.5.0-35-generic-x86_64-with-glibc2.35
Is CUDA available: {available}
GPU models and configuration:
GPU 0: NVIDIA L40S
Nvidia driver version: 550.54.15
"""
WARNING = "/env/torch/cuda/__init__.py:1: UserWarning: CUDA initialization: {} (Triggered internally at x.cpp:1.)\n"
TOO_OLD = "The NVIDIA driver on your system is too old (found version 11040). Please update"
SMI = """\
| NVIDIA-SMI 550.54.15   Driver Version: 550.54.15   CUDA Version: {cuda}     |
|   0  NVIDIA L4       On  | 00000000:41:00.0 Off |                    0 |
"""


def found(text: str) -> set[str]:
    machine = read_text(text)
    assert machine is not None
    findings, _ = find(machine, load())
    return {f.code for f in findings if f.severity != "note" and f.suppressed_by is None}


def collected(*rows: str, available: bool = True, torch: str = "2.4.0+cu121") -> str:
    text = HEAD.format(available=available).replace("2.4.0+cu121", torch)
    return text + "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("wrong", "right", "code"),
    [
        (
            WARNING.format(TOO_OLD) + collected(available=False),
            collected(available=True),
            "WH103",
        ),
        (
            collected("[pip3] torch==2.4.0", "[pip3] nvidia-nccl-cu12==2.23.4"),
            collected("[pip3] torch==2.4.0", "[pip3] nvidia-nccl-cu12==2.20.5"),
            "PY112",
        ),
        (
            collected("[conda] pytorch  2.4.0  py3.11_cuda  pytorch", "[conda] torch 2.4.0  pypi_0  pypi"),
            collected("[conda] pytorch  2.4.0  py3.11_cuda  pytorch", "[pip3] torch==2.4.0"),
            "PY108",
        ),
        (
            collected("[pip3] torchaudio==2.1.0a0+abcdef", torch="2.7.1+xpu"),
            collected("[pip3] torchaudio==2.7.0a0+abcdef", torch="2.7.1+xpu"),
            "WH109",
        ),
        (
            collected("[pip3] torchvision==0.4.0", torch="1.3.1"),
            collected("[pip3] torchvision==0.4.2", torch="1.3.1"),
            "WH109",
        ),
        (
            "W: import failed with ImportError(\"/lib/libc.so.6: version `GLIBC_2.38' not found\")\n" + collected(),
            "W: the name `GLIBC_2.38' was seen\n" + collected(),
            "PY103",
        ),
        (SMI.format(cuda="N/A "), SMI.format(cuda="12.4"), "CT105"),
    ],
)  # fmt: skip
def test_a_fault_is_found_and_its_like_is_not(wrong: str, right: str, code: str) -> None:
    assert code in found(wrong)
    assert code not in found(right)


def test_a_warning_of_before_is_forgotten_where_cuda_works() -> None:
    assert "WH103" not in found(WARNING.format(TOO_OLD) + collected(available=True))


def test_the_compiler_of_a_python_for_windows_tells_its_architecture() -> None:
    text = HEAD.format(available=False).replace("[GCC 11.2.0]", "[MSC v.1941 64 bit (AMD64)]")
    text = text.replace("Ubuntu 22.04.3 LTS (x86_64)", "Microsoft Windows 11")
    machine = read_text(text.replace("Linux-6.5.0-35-generic-x86_64-with-glibc2.35", "Windows-10"))

    assert machine is not None
    assert value(machine.arch) == "x86_64"


@pytest.mark.parametrize(("pip", "judged"), [("1.2.0", False), ("1.3.1", True)])
def test_packages_of_another_environment_are_not_judged(pip: str, judged: bool) -> None:
    rows = (
        f"[pip3] torch=={pip}",
        "[pip3] torchvision==0.4.0",
        "[conda] pytorch   1.3.1   py3.7_cuda10.1.243_cudnn7.6.3_0    pytorch",
        "[conda] torchvision   0.4.2   py37_cu101    pytorch",
    )
    assert ("WH109" in found(collected(*rows, torch="1.3.1"))) is judged


@pytest.mark.parametrize(("driver", "wrong"), [("510.06", False), ("470.82", True)])
def test_an_early_build_serves_the_cuda_of_its_branch(driver: str, wrong: bool) -> None:
    text = (
        f"| NVIDIA-SMI {driver}   Driver Version: {driver}   CUDA Version: 11.6     |\n"
        "|   0  NVIDIA GeForce GTX 1650 Ti  On  | 00000000:41:00.0 Off |                    0 |\n"
    )
    assert ("CU107" in found(text)) is wrong
