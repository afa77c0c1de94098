"""The same facts in other words: encodings, libraries above torch, the log and the columns of nvidia-smi."""

from __future__ import annotations

import codecs

import pytest

from envsetup.probes.pasted import read_bytes, read_text
from envsetup.report.summary import summary

TEXT = """\
PyTorch version: 2.6.0+cu124
CUDA used to build PyTorch: 12.4
OS: Ubuntu 22.04.3 LTS (x86_64)
Is CUDA available: True
GPU models and configuration: GPU 0: NVIDIA L4
Nvidia driver version: 550.54.15
"""
LOG = """\
==============NVSMI LOG==============
Driver Version                            : 550.54.15
CUDA Version                              : 12.4
GPU 00000000:00:03.0
    Product Name                          : NVIDIA L4
    FB Memory Usage
        Total                             : 23034 MiB
        Used                              : 4 MiB
    Compute Mode                          : Default
"""
COLUMNS = """\
name, driver_version, memory.total [MiB], compute_cap
NVIDIA L4, 550.54.15, 23034 MiB, 8.9
"""
ABOVE = """\
Python: 3.12.3 (main, Jan 8 2026)
CUDA available: True
GPU 0,1: NVIDIA L4
PyTorch: 2.9.1+cu129
CUDA Driver Version: 575.57.08
"""


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-le"),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.replace("\n", "\r\n").encode(),
    ],
)
def test_the_encoding_of_a_file_is_found(data: bytes) -> None:
    machine = read_bytes(data)
    assert machine is not None
    told = summary(machine)
    assert (told["torch"], told["driver"]) == ("2.6.0+cu124", "550.54.15")


@pytest.mark.parametrize("text", [LOG, COLUMNS])
def test_the_log_and_the_columns_of_nvidia_smi(text: str) -> None:
    machine = read_text(text)
    assert machine is not None
    told = summary(machine)
    assert told["driver"] == "550.54.15"
    assert [gpu["name"] for gpu in told["gpus"]] == ["NVIDIA L4"]


def test_a_library_above_torch_names_the_same() -> None:
    machine = read_text(ABOVE)
    assert machine is not None
    told = summary(machine)
    assert (told["torch"], told["torch_backend"], told["driver"]) == (
        "2.9.1+cu129",
        "cu129",
        "575.57.08",
    )
    assert len(told["gpus"]) == 2


def test_notes_of_a_release_are_no_environment() -> None:
    assert read_text("PyTorch: 2.9.1\nWhat is new\nFaster kernels\n") is None
