"""What serving, training and image tools print of the same failures, each a line or two."""

from __future__ import annotations

import pytest

from envsetup.knowledge import load
from envsetup.rules.triage import match_error

GPU_AND_DRIVER = [
    ("It shows that the NVIDIA driver is too old.", "WH103"),
    ("the image's torch (cu128) has no sm_60 kernels, so every operation fails", "AR102"),
    ("the library is compiled for sm_70-sm_90 but this laptop requires sm_120.", "AR101"),
    ("parallel_for failed: cudaErrorNoKernelImageForDevice: no kernel image\nTesla K40c", "AR102"),
    (
        "NVRM: installed in this system is not supported by the\nNVIDIA 550.1 driver release",
        "DR113",
    ),
    ("CUDA initialization fails with 802 system error", "DR109"),
]
BUILDS = [
    ("Import error _ext, undefined symbol: _ZN3c1019UndefinedTensorImpl10_singletonE", "AB104"),
    ("undefined symbol: THPVariableClass", "AB104"),
    ('op_builder/builder.py", line 89, in assert_no_cuda_mismatch', "CU108"),
    ("std_function.h:435:145: error: parameter packs not expanded with '...':", "CU110"),
    (
        "CalledProcessError: 'C:\\VC\\x64\\cl.EXE', 'main.c', '/ID:\\ui\\python_embeded\\Include'",
        "WN107",
    ),
]
LIBRARIES = [
    ("Found cuDNN version 8700, but JAX was built against version 8800, which is newer.", "CU104"),
    ('Error loading "C:\\intel_extension_for_pytorch\\bin\\intel-ext-pt-gpu.dll"', "XP101"),
    ("No XPU devices found", "XP101"),
    ("loader: bus error: out of shared memory, in a pod", "CT106"),
]
INSTALLERS = [
    ("This program is tested with 3.10.6 Python, but you have 3.13.0.", "PY101"),
    (
        "You're on Linux (`manylinux_2_27_x86_64`), but `torch` (v2.7.0) only has wheels for …",
        "PY103",
    ),
    ("(Caused by SSLError(SSLZeroReturnError(6, 'TLS/SSL connection has been closed", "NW101"),
]


@pytest.mark.parametrize(("text", "code"), [*GPU_AND_DRIVER, *BUILDS, *LIBRARIES, *INSTALLERS])
def test_the_first_answer_is_the_cause(text: str, code: str) -> None:
    assert [match.code for match in match_error(text, None, load())][:1] == [code]
