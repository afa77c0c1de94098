"""Failures beyond GPU and driver, in the wordings of other installers, systems and releases."""

from __future__ import annotations

import pytest

from envsetup.doctor.error_text import explain_error
from envsetup.knowledge import load

APPLE = [
    ("The operator 'aten::isin' is not currently supported on the MPS backend", "MC105"),
    ("RuntimeError: MPS does not support median op with int64 input", "MC105"),
    ("Cannot convert a MPS Tensor: the MPS framework doesn't support float64", "MC105"),
    (
        ">>> torch.backends.mps.is_available()\nFalse\n>>> platform.platform()\n'macOS-11.7-arm64'",
        "MC102",
    ),
]
NETWORK = [
    ("CondaSSLError: Encountered an SSL error.", "NW101"),
    ("CondaHTTPError: HTTP 000 CONNECTION FAILED for url <https://conda.example>", "NW104"),
    ("error: Failed to fetch: `https://m/whl/torch/`\n  Caused by: operation timed out", "NW104"),
    ("ValueError: check_hostname requires server_hostname", "NW102"),
    ("ImportError: DLL load failed while importing _ssl: not found", "NW103"),
    ("OfflineModeIsEnabled: Cannot reach the Hub: offline mode is enabled", "NW105"),
    ("You must have access to it and be authenticated to access it. Please log in.", "NW106"),
    (
        "https://download.pytorch.org/whl/cpu: Because tqdm was not found in the package registry",
        "NW107",
    ),
    (
        "`attrs` was found on https://download.pytorch.org/whl/cu126, but not at the requested version",
        "NW107",
    ),
]
PYTHON = [
    ("`torch` only has wheels with the following Python ABI tags: `cp310`, `cp311`", "PY101"),
    ("  - pytorch -> python[version='>=3.8,<3.9.0a0']", "PY101"),
    ("Error relocating /x/libtorch_global_deps.so: __register_atfork: symbol not found", "PY103"),
    ("No module named 'torch.nn'; 'torch' is not a package", "PY105"),
    ("module 'numpy' has no attribute 'zeros' (consider renaming '/x/numpy.py'", "PY105"),
    ("PyTorch has loaded the `torch/_C` folder of the PyTorch repository", "PY105"),
    ("Cannot uninstall 'torch'. It is a distutils installed project", "PY107"),
    ("libmkl_intel_lp64.so.2: cannot open shared object file", "PY108"),
    ("SRE module mismatch", "PY111"),
    ("OSError: [WinError 193] %1 is not a valid Win32 application", "PY113"),
]
ROCM_AND_XPU = [
    ("HSA exception: Unsupported isa for gfx1103", "RO101"),
    ("rocm-smi: Driver not initialized (amdgpu not found in modules)", "RO105"),
    ("RuntimeError: No CUDA GPUs are available\ntorch.version.hip: 6.4", "RO105"),
    ("OSError: libhipblaslt.so.0: cannot open shared object file", "RO106"),
    ("UserWarning: XPU device count is zero!", "XP101"),
]
TOOLS = [
    ("sh: 1: g++: not found", "TC101"),
    ("error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory", "TC101"),
    ("error: Microsoft Visual C++ 14.0 or greater is required.", "TC101"),
    ("ptxas fatal   : Unsupported .version 8.8; current version is '8.5'", "TC107"),
    ("libtorchaudio.so: undefined symbol: _ZNK5torch8autograd4Node4nameEv", "WH109"),
    ("AttributeError: module 'torchaudio' has no attribute 'list_audio_backends'", "WH109"),
    ("    from torch._C import *\nImportError: DLL load failed: 지정된 프로시저를", "WN101"),
    (
        "Distribution `torch==2.6.0 @ registry+https://m` can't be installed because it doesn't have a source distribution or wheel for",
        "PY101",
    ),
    ("OSError: [WinError 182] The operating system cannot run %1.", "WN102"),
    ("OSError: [WinError 1314] A required privilege is not held by the client", "ST106"),
    ("[enforce fail at inline_container.cc:424] . unexpected pos 640 vs 534", "ST101"),
]


@pytest.mark.parametrize(
    ("text", "code"), [*APPLE, *NETWORK, *PYTHON, *ROCM_AND_XPU, *TOOLS], ids=lambda one: one[:40]
)
def test_a_wording_leads_to_its_finding_first(text: str, code: str) -> None:
    matches = explain_error(text, None, load())
    assert matches
    assert matches[0].code == code


@pytest.mark.parametrize(
    "text",
    [
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x128 and 256x10)",
        "IndexError: Target 10 is out of bounds.",
        "yaml.scanner.ScannerError: mapping values are not allowed here",
        "Successfully installed torch-2.15.0 torchvision-0.29.2",
        "Epoch 3/10 loss 0.1234, saved to /data/ckpt/epoch3.pt",
        "UserWarning: Detected call of `lr_scheduler.step()` before `optimizer.step()`.",
    ],
)
def test_a_text_about_the_program_itself_means_nothing_here(text: str) -> None:
    assert not explain_error(text, None, load())
