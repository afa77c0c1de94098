"""Pasted texts: what they tell is read, what they don't tell stays untold, and nothing raises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envsetup.model import Absent, Known, Unreadable, value_of
from envsetup.probes.pasted import read_text
from envsetup.report.summary import summary

COLLECTED = """\
Collecting environment information...
PyTorch version: 2.6.0+cu124
Is debug build: False
CUDA used to build PyTorch: 12.4
ROCM used to build PyTorch: N/A

OS: Ubuntu 22.04.3 LTS (x86_64)
Libc version: glibc-2.35

Python version: 3.11.4 (main, Jul  5 2023, 13:45:01) [GCC 11.2.0] (64-bit runtime)
Python platform: Linux-6.5.0-35-generic-x86_64-with-glibc2.35
Is CUDA available: True
CUDA runtime version: 12.4.131
GPU models and configuration:
GPU 0: NVIDIA A100-SXM4-40GB
GPU 1: NVIDIA A100-SXM4-40GB

Nvidia driver version: 550.54.15
cuDNN version: Could not collect

Versions of relevant libraries:
[pip3] numpy==1.26.4
[pip3] torch==2.6.0
[pip3] torchvision==0.21.0
[conda] numpy                     2.1.0                    pypi_0    pypi
"""

SMI = """\
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 570.86.15              Driver Version: 570.86.15      CUDA Version: 12.8     |
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
|=========================================+========================+======================|
|   0  NVIDIA L40S                    On  |   00000000:41:00.0 Off |                    0 |
| N/A   33C    P0             67W /  350W |     512MiB /  46068MiB |      0%   E. Process |
|                                         |                        |                  N/A |
+-----------------------------------------+------------------------+----------------------+
| Processes:                                                                              |
|    0   N/A  N/A            1180    C+G   ...app                                    On   |
"""


def test_collect_env_tells_all_of_a_summary() -> None:
    machine = read_text(COLLECTED)
    assert machine is not None
    told = summary(machine)
    assert told == {
        "os": "linux",
        "arch": "x86_64",
        "python": "3.11.4",
        "torch": "2.6.0+cu124",
        "torch_backend": "cu124",
        "driver": "550.54.15",
        "driver_cuda": None,
        "cuda_available": True,
        "gpus": [{"name": "NVIDIA A100-SXM4-40GB"}] * 2,
        "numpy": "1.26.4",
        "torchvision": "0.21.0",
        "torchaudio": None,
        "triton": None,
    }


def test_what_the_text_does_not_tell_is_untold() -> None:
    machine = read_text(COLLECTED)
    assert machine is not None
    assert isinstance(machine.memory, Unreadable)
    assert isinstance(machine.wsl, Absent)


def test_no_cuda_is_no_gpu() -> None:
    machine = read_text(
        COLLECTED.split("GPU models")[0] + "GPU models and configuration: No CUDA\n"
    )
    assert machine is not None
    assert isinstance(machine.gpus, Absent)


def test_wsl_by_its_kernel() -> None:
    text = COLLECTED.replace("6.5.0-35-generic", "5.15.153.1-microsoft-standard-WSL2")
    machine = read_text(text)
    assert machine is not None
    assert summary(machine)["os"] == "wsl2"


def test_the_table_of_nvidia_smi() -> None:
    machine = read_text(SMI)
    assert machine is not None
    (gpu,) = value_of(machine.gpus) or ()
    assert (gpu.name, gpu.compute_mode) == ("NVIDIA L40S", "Exclusive_Process")
    assert gpu.memory_total_bytes == 46068 << 20
    told = summary(machine)
    assert (told["driver"], told["driver_cuda"]) == ("570.86.15", "12.8")


def test_a_header_of_two_versions_is_wsl() -> None:
    machine = read_text(SMI.replace("NVIDIA-SMI 570.86.15", "NVIDIA-SMI 570.86.10"))
    assert machine is not None
    assert summary(machine)["os"] == "wsl2"


@pytest.mark.parametrize(
    "text", ["", "hello", "Traceback (most recent call last):\nValueError: x", "\x00" * 50]
)
def test_other_text_is_not_recognised(text: str) -> None:
    assert read_text(text) is None


@given(st.text(max_size=2000))
@settings(max_examples=150, deadline=None)
def test_no_text_raises(text: str) -> None:
    read_text(text)
    machine = read_text(COLLECTED + text)
    assert machine is not None
    assert isinstance(machine.torch, Known)


CORPUS = Path(__file__).parents[2].parent / "shared" / "reference" / "corpus"


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(row) for row in (CORPUS / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real texts is not here")
def test_real_texts_tell_what_their_labels_say() -> None:
    texts = {r["id"]: r["text"] for r in rows("envtexts.jsonl")}
    right = total = 0
    for label in rows("labels-envtexts.jsonl"):
        machine = read_text(texts[label["id"]])
        told = summary(machine) if machine else {}
        for key in ("torch", "driver", "numpy", "torchvision", "cuda_available", "os"):
            wanted = label["facts"].get(key)
            if wanted is not None:
                total += 1
                right += told.get(key) == wanted
    assert total > 500
    assert right / total >= 0.99
