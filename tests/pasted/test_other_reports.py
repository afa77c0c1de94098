"""What libraries above torch, AMD's programs and package managers print, cut to the lines that tell."""

from __future__ import annotations

from typing import Any

import pytest

from envsetup.probes.pasted import read_text
from envsetup.report.summary import summary

REPORTS: dict[str, tuple[str, dict[str, Any]]] = {
    "ComfyUI's log": (
        """\
** Platform: Windows
** Python version: 3.12.9 (tags/v3.12.9:fdb8142, Feb  4 2025, 15:27:58) [MSC v.1942 64 bit (AMD64)]
Total VRAM 24564 MB, total RAM 32694 MB
pytorch version: 2.7.0+cu128
Device: cuda:0 NVIDIA GeForce RTX 4090 : native
""",
        {
            "os": "windows",
            "arch": "x86_64",
            "python": "3.12.9",
            "torch": "2.7.0+cu128",
            "torch_backend": "cu128",
            "gpus": ["NVIDIA GeForce RTX 4090"],
        },
    ),
    "ComfyUI's report, quoted": (
        """\
> ## System Information
> - **OS:** nt
> - **Python Version:** 3.13.9 (tags/v3.13.9:8183fa5) [MSC v.1944 64 bit (AMD64)]
> - **PyTorch Version:** 2.9.1+cu130
> ## Devices
> - **Name:** cuda:0 NVIDIA GeForce RTX 5070 Ti : cudaMallocAsync
>   - **Type:** cuda
""",
        {
            "os": "windows",
            "python": "3.13.9",
            "torch": "2.9.1+cu130",
            "gpus": ["NVIDIA GeForce RTX 5070 Ti"],
        },
    ),
    "Ultralytics' checks": (
        """\
Ultralytics YOLOv8.0.221 Python-3.11.6 torch-2.1.1+cu121 CUDA:0 (NVIDIA GeForce GTX 1650, 4096MiB)
OS                  Windows-10-10.0.18363-SP0
Python              3.11.6
CUDA                12.1
numpy               ✅ 1.26.2>=1.22.2
torch               ✅ 2.1.1+cu121>=1.8.0
torchvision         ✅ 0.16.1>=0.9.0
""",
        {
            "os": "windows",
            "torch": "2.1.1+cu121",
            "numpy": "1.26.2",
            "torchvision": "0.16.1",
            "gpus": ["NVIDIA GeForce GTX 1650"],
        },
    ),
    "Ultralytics on a Mac": (
        "Ultralytics 8.3.203 Python-3.12.11 torch-2.4.0 MPS (Apple M4 Pro)\n",
        {"os": "macos", "python": "3.12.11", "torch": "2.4.0", "gpus": None},
    ),
    "MONAI": (
        """\
MONAI version: 1.1.0rc2
Numpy version: 1.23.4
Pytorch version: 1.13.0+cu116
TorchVision version: 0.14.0+cu116
System: Linux
Platform: Linux-5.15.0-56-generic-x86_64-with-glibc2.35
Machine: x86_64
Python version: 3.10.6
Num GPUs: 1
Has CUDA: True
CUDA version: 11.6
GPU 0 Name: NVIDIA RTX A5000
GPU 0 CUDA capability (maj.min): 8.6
""",
        {
            "os": "linux",
            "arch": "x86_64",
            "python": "3.10.6",
            "torch": "1.13.0+cu116",
            "cuda_available": True,
            "numpy": "1.23.4",
            "torchvision": "0.14.0+cu116",
            "gpus": ["NVIDIA RTX A5000"],
        },
    ),
    "MONAI on a Mac": (
        """\
Pytorch version: 2.4.0.dev20240506
System: Darwin
Platform: macOS-14.4.1-arm64-arm-64bit
Python version: 3.9.19
Has CUDA: False
""",
        {"os": "macos", "arch": "arm64", "torch_backend": "mps", "cuda_available": False},
    ),
    "a printed OrderedDict": (
        """\
OrderedDict([('sys.platform', 'linux'), ('CUDA available', False), ('PyTorch', '2.0.1'), ('TorchVision', '0.15.2')])
""",
        {"os": "linux", "torch": "2.0.1", "cuda_available": False, "torchvision": "0.15.2"},
    ),
    "DeepSpeed": (
        """\
torch version .................... 1.13.1+cu117
deepspeed info ................... 0.11.1, unknown, unknown
torch cuda version ............... 11.7
nvcc version ..................... 11.1
deepspeed wheel compiled w. ...... torch 1.9, cuda 11.1
""",
        {"torch": "1.13.1+cu117", "torch_backend": "cu117"},
    ),
    "an XPU build": (
        """\
PyTorch version: 2.13.0+xpu
CUDA used to build PyTorch: None
Python platform: Windows-11-10.0.29618-SP0
Is CUDA available: False
GPU models and configuration: No CUDA
Is XPU available: True
Intel GPU models onboard:
* Intel(R) Arc(TM) B580 Graphics
Intel GPU models detected:
* [0] _XpuDeviceProperties(name='Intel(R) Arc(TM) B580 Graphics', type='gpu', device_id=0xE20B, uuid=0)
""",
        {"os": "windows", "torch_backend": "xpu", "gpus": ["Intel(R) Arc(TM) B580 Graphics"]},
    ),
    "a JSON": (
        """\
{
    "Platform": "Windows-10-10.0.26100-SP0",
    "Python": "3.10.6",
    "Torch env info": {
        "torch_version": "2.1.2+cu121",
        "cuda_compiled_version": "12.1",
        "python_version": "3.10.6 (tags/v3.10.6:9c7b4bd) [MSC v.1932 64 bit (AMD64)] (64-bit runtime)",
        "is_cuda_available": "False",
        "pip_packages": [
            "numpy==1.26.2",
            "torchvision==0.16.2+cu121"
        ]
    }
}
""",
        {
            "os": "windows",
            "arch": "x86_64",
            "torch_backend": "cu121",
            "cuda_available": False,
            "numpy": "1.26.2",
            "torchvision": "0.16.2+cu121",
        },
    ),
    "Unsloth": (
        """\
==((====))==  Unsloth 2025.3.19: Fast Qwen2 patching. Transformers: 4.50.3.
   \\\\   /|    NVIDIA GeForce RTX 5090. Num GPUs = 2. Max memory: 31.367 GB. Platform: Linux.
O^O/ \\_/ \\    Torch: 2.8.0+cu128. CUDA: 12.0. CUDA Toolkit: 12.8. Triton: 3.4.0
""",
        {
            "os": "linux",
            "torch": "2.8.0+cu128",
            "triton": "3.4.0",
            "gpus": ["NVIDIA GeForce RTX 5090"] * 2,
        },
    ),
    "YOLOv5": (
        """\
YOLOv5 torch 1.11.0+cu102 CUDA:0 (Tesla K80, 11441MiB)
                          CUDA:1 (Tesla K80, 11441MiB)
""",
        {"torch": "1.11.0+cu102", "torch_backend": "cu102", "gpus": ["Tesla K80"] * 2},
    ),
    "Ultralytics told to use the CPU": (
        """\
Ultralytics 8.3.9 Python-3.11.6 torch-2.5.1+cu121 CPU (Intel Core i7-10700 2.90GHz)
OS                  Windows-10-10.0.18363-SP0
""",
        {"torch": "2.5.1+cu121", "cuda_available": None, "gpus": None},
    ),
    "xFormers": (
        """\
xFormers 0.0.22.post7+cu118
pytorch.version:                                   2.0.1+cu118
pytorch.cuda:                                      available
gpu.compute_capability:                            6.0
gpu.name:                                          Tesla P100-PCIE-16GB
build.cuda_version:                                1108
build.torch_version:                               2.1.0+cu118
""",
        {"torch": "2.0.1+cu118", "cuda_available": True, "gpus": ["Tesla P100-PCIE-16GB"]},
    ),
    "a form filled in by hand": (
        """\
- PyTorch: `2.10.0`
- PyTorch nightly: `2.12.0.dev20260318`
- Python: `3.12.13`
- OS: `macOS 26.3.1`
- Architecture: `arm64`
""",
        {"os": "macos", "arch": "arm64", "torch": "2.10.0", "torch_backend": "mps"},
    ),
    "no line break after the greeting": (
        """\
Collecting environment information...         PyTorch version: 2.7.0.dev20250123+rocm6.3
CUDA used to build PyTorch: N/A
ROCM used to build PyTorch: 6.3.42131-fa1d09cbd
GPU models and configuration: AMD Radeon RX 5700 XT (gfx1010:xnack-)
""",
        {"torch": "2.7.0.dev20250123+rocm6.3", "gpus": ["AMD Radeon RX 5700 XT"]},
    ),
    "LLaMA-Factory": (
        """\
- Platform: Linux-6.8.0-59-generic-x86_64-with-glibc2.35
- Python version: 3.10.0
- PyTorch version: 2.3.0+cu121 (GPU)
- GPU type: NVIDIA A100-SXM4-80GB
- GPU number: 2
""",
        {"cuda_available": True, "gpus": ["NVIDIA A100-SXM4-80GB"] * 2},
    ),
    "two environments": (
        """\
PyTorch version: 1.3.0
CUDA used to build PyTorch: 10.1.243
Is CUDA available: Yes
[pip3] numpy==1.15.1
[pip3] torch==1.2.0
[pip3] torchvision==0.4.0
[conda] pytorch                   1.3.0           py3.7_cuda10.1.243_cudnn7.6.3_0    pytorch
[conda] torchvision               0.4.1                py37_cu101    pytorch
""",
        {"torch": "1.3.0", "torchvision": "0.4.1"},
    ),
    "rocminfo": (
        """\
HSA Agents
Agent 1
  Name:                    AMD Ryzen 7 7800X3D 8-Core Processor
  Marketing Name:          AMD Ryzen 7 7800X3D 8-Core Processor
  Device Type:             CPU
Agent 2
  Name:                    gfx1100
  Marketing Name:          Radeon RX 7900 XTX
  Device Type:             GPU
  Chip ID:                 29772(0x744c)
  ISA Info:
      Name:                    amdgcn-amd-amdhsa--gfx1100
""",
        {"os": "linux", "torch": None, "gpus": ["Radeon RX 7900 XTX"]},
    ),
    "ComfyUI on a source build": (
        """\
pytorch version: 2.8.0a0+gitfc14c65
Device: cuda:0 AMD Radeon(TM) 890M Graphics : native
Python version: 3.12.12 | packaged by conda-forge | (main, Oct 22 2025) [MSC v.1944 64 bit (AMD64)]
""",
        {"torch": "2.8.0a0+gitfc14c65", "torch_backend": None},
    ),
    "rocm-smi": (
        """\
GPU[0]          : Card series:          Fiji [Radeon R9 FURY / NANO Series]
GPU[0]          : Card model:           Radeon R9 FURY X
GPU[1]\t\t: Card Series: \t\t0x738c
GPU[1]\t\t: GFX Version: \t\tgfx908
""",
        {"gpus": ["Fiji [Radeon R9 FURY / NANO Series]", None]},
    ),
    "pip list": (
        """\
Package                    Version
-------------------------- ------------------------
accelerate                 1.12.0
numpy                      2.1.0
torch                      2.6.0+cu124
torchvision                0.21.0+cu124
""",
        {"torch": "2.6.0+cu124", "torch_backend": "cu124", "numpy": "2.1.0", "os": None},
    ),
    "conda list": (
        """\
# packages in environment at /opt/conda/envs/x:
#
# Name                    Version                   Build  Channel
numpy                     1.26.4          py310h5f9d8c6_0
python                    3.10.14              h955ad1f_1
pytorch                   2.2.2           py3.10_cuda11.8_cudnn8.7.0_0    pytorch
""",
        {"torch": "2.2.2", "torch_backend": "cu118", "python": "3.10.14", "numpy": "1.26.4"},
    ),
}


@pytest.mark.parametrize("name", REPORTS)
def test_what_a_report_tells_is_read(name: str) -> None:
    text, facts = REPORTS[name]
    machine = read_text(text)
    assert machine is not None
    told = summary(machine)
    names = [gpu.get("name") for gpu in told["gpus"]] if told["gpus"] is not None else None
    assert {key: names if key == "gpus" else told[key] for key in facts} == facts


def test_rocm_names_the_instruction_set() -> None:
    text, _ = REPORTS["rocminfo"]
    machine = read_text(text)
    assert machine is not None
    assert summary(machine)["gpus"] == [{"name": "Radeon RX 7900 XTX", "gfx": "gfx1100"}]


@pytest.mark.parametrize(
    "text",
    [
        "pip install torch==2.1.0 torchvision==0.16.0\n",
        "torch==2.1.0\ntorchvision==0.16.0\n",
        "Name: somebody\nDevice Type: GPU\n",
        "Package    Version\n---------- -------\nflask      3.0.0\n",
        "torch version 2.1 is needed\nPython 3.11\n",
    ],
)
def test_a_command_or_a_list_without_torch_is_no_environment(text: str) -> None:
    assert read_text(text) is None
