"""The same failures as people paste them: torn, from older and newer releases, from other tools."""

from __future__ import annotations

import pytest

from envsetup.doctor.error_text import explain_error
from envsetup.knowledge import load

LONG_PATH = "C:\\\\Users\\\\ada\\\\AppData\\\\Local\\\\Temp\\\\pip-install\\\\" + "deep\\\\" * 40
WINDOWS = [
    (
        "[WinError 5] Access is denied: 'c:\\\\venv\\\\site-packages\\\\~orch\\\\lib\\\\c10.dll'",
        "PY107",
    ),
    ("in WSL2: RuntimeError: Found no NVIDIA driver on your system.", "WS107"),
    ("torch: DLL load failed while importing x: The procedure could not be found.", "WN102"),
    ("WSL 2 requires an update to its kernel component.", "WS107"),
    ("fatal error C1083: Cannot open include file: 'Python.h': No such file or directory", "WN107"),
    ("Command '['where', 'cl']' returned non-zero exit status 1.", "WN106"),
    ("triton/runtime/build.py line 99\nPermissionError: [WinError 5] Access is denied", "WN106"),
    (
        (
            "The procedure entry point ?name@Node@autograd@torch@@UEBA could not be located in"
            " the dynamic link library D:\\venv\\torchvision\\_C.pyd"
        ),
        "WH109",
    ),
    ("initialization error: WSL environment detected but no adapters were found", "WS107"),
    (
        "libcuda.so.1: cannot open shared object file\n5.15.167.4-microsoft-standard-WSL2",
        "WS101",
    ),
    (
        (
            "from torch._C import *\n"
            "ImportError: DLL load failed while importing _C: The specified module could not be found."
        ),
        "WN101",
    ),
    (
        "Could not find module 'C:\\torch\\lib\\asmjit.dll' (or one of its dependencies)",
        "WN101",
    ),
    ('Error loading "D:\\app\\torch\\lib\\cudart64_12.dll" or one of its dependencies.', "WN101"),
    ("[WinError 127] procedure could not be found", "WN102"),
    ("WinError 127 Error loading C:\\torch\\lib\\caffe2.dll or one of its dependencies.", "WN102"),
    (
        (
            "Could not install packages due to an EnvironmentError: [Errno 2] No such file or directory:"
            f" '{LONG_PATH}x.cpp'"
        ),
        "WN103",
    ),
    ("error: unable to create file csrc/kernels/a.cu: Filename too long", "WN103"),
    (
        (
            "popen_spawn_win32.py line 93 in __init__\n  reduction.dump(process_obj, to_child)\n"
            "AttributeError: Can't pickle local object 'main.<locals>.<lambda>'"
        ),
        "WN105",
    ),
    (
        (
            "Command '['C:\\\\py\\\\triton\\\\runtime\\\\tcc\\\\tcc.exe', 'C:\\\\t\\\\cuda_utils.c', '-O3']'"
            " returned non-zero exit status 1."
        ),
        "WN107",
    ),
    ("under WSL2 the training is Killed after the second epoch", "WS104"),
]
INSTALLERS = [
    ("No module named 'logging.handlers'; 'logging' is not a package", "PY105"),
    ("ImportError: No module named 'tools.setup_helpers'", "SC104"),
    ("Permission denied: '/usr/lib/python3/dist-packages/torch'", "PY104"),
    ("zipfile.BadZipFile: Bad CRC-32 for file 'torch/lib/libtorch_cpu.so'", "NW104"),
    ("torch/__init__.py line 40: No module named 'typing_extensions'", "PY112"),
    ("SSLEOFError(8, 'EOF occurred in violation of protocol')", "NW101"),
    ("<urlopen error [Errno 111] Connection refused>", "NW104"),
    ("No module named 'torchvision.transforms.functional_tensor'", "WH109"),
    ("TimeoutError: The read operation timed out", "NW104"),
    ("Connection to mirror.example timed out. (connect timeout=15)", "NW104"),
    ("There was a problem confirming the ssl certificate: TLS/SSL connection closed", "NW101"),
    ("Unable to find installation candidates for torch (2.9.1)", "PY101"),
    ("PackagesNotFoundError: not available from current channels: - cudatoolkit=11.3", "PY109"),
    ("ERROR: No matching distribution found for triton==3.0.0", "WN106"),
    ("ImportError: cannot import name 'nn' from 'torch' (unknown location)", "PY105"),
    ("The interpreter at /usr is externally managed, and indicates the following:", "PY104"),
    ("pytorch -> __glibc[version='>=2.28,<3.0.a0']", "PY103"),
    ("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:997)", "NW102"),
    ("Tunnel connection failed: 407 Proxy Authentication Required", "NW102"),
    ("error: Hash mismatch for `torch==2.7.1+cu128`", "NW104"),
    ("OSError: You are trying to access a gated repo.", "NW106"),
    ("403 Forbidden: enable access to public gated repositories in your token", "NW106"),
    ("This is a CPU-only build of PyTorch", "WH101"),
    ("Could not run 'torchvision::roi_align' with arguments from the 'CUDA' backend", "WH105"),
    ("dlopen(/x/torchaudio/lib/libtorchaudio.so, 6): Symbol not found: _aoti_torch", "WH109"),
    ("You're on macOS (`macosx_14_0_x86_64`), but `torch` (v2.9.0) only has wheels for", "MC104"),
    (
        "Because torch==2.7.1 has no wheels with a matching platform tag (e.g., `macosx_13_0_x86_64`)",
        "MC104",
    ),
    (
        "Because torch==2.7.1 has no wheels with a matching platform tag (e.g., `macosx_15_0_arm64`)",
        "MC107",
    ),
    (
        (
            "Distribution `sympy==1.13.3 @ registry+https://download.pytorch.org/whl/cu128` can't be"
            " installed because it doesn't have a source distribution"
        ),
        "NW107",
    ),
    (
        (
            "Distribution `torch==2.4.0 @ registry+https://index.example/simple` can't be installed"
            " because it doesn't have a source distribution or wheel for the current platform"
        ),
        "PY101",
    ),
    ("Because there is no version of torch==1.9.0 and you require torch==1.9.0", "PY101"),
    ("Because only the following versions of torch{python_version < '3.9'} are available", "PY101"),
    (
        "torch==2.2.0 is unusable because no wheels are available with a matching platform",
        "PY103",
    ),
]
DEVICES = [
    ("RuntimeError: No such operator torchvision::ps_roi_pool", "WH109"),
    ("RuntimeError: The program was built for 1 devices, Intel(R) Iris(R) Xe", "XP104"),
    ("LoadError: CUDA 12.1 is not supported by your driver", "WH103"),
    ("`ptxas` failed with error code 255", "TC107"),
    ("Radeon RX 7800 XT\n>>> torch.cuda.is_available()\nFalse", "RO105"),
    ("UserWarning: In MPS autocast, but the target dtype is not supported.", "MC105"),
    ("Could not run 'aten::x' with arguments from the 'SparseMPS' backend.", "MC105"),
    ("aborting with error : HSA_STATUS_ERROR_MEMORY_APERTURE_VIOLATION", "RO103"),
    ("HW Exception by GPU node-2 reason: GPU Hang", "RO107"),
    ("RuntimeError: level_zero backend failed with error: 20 (DEVICE_LOST)", "XP103"),
    ("RuntimeError: operator torchvision::deform_conv2d does not exist", "WH109"),
    ("partially initialized module 'torchvision' has no attribute 'extension'", "WH109"),
    ("[1]    77 segmentation fault  nvidia-smi", "WS107"),
    ("libc10_hip.so: undefined symbol: hipGetStreamDeviceId, version hip_6.1", "RO106"),
    ("could not retrieve ROCM device count: HIP_ERROR_NoDevice", "RO105"),
    ("rocminfo/rocminfo.cc. Call returned 4104", "RO102"),
    ("RuntimeError: Invalid buffer size: 21.5 GB", "MC106"),
    ("RuntimeError: invalid high watermark ratio 2.1", "MC106"),
    ("zsh: bad CPU type in executable: python3", "MC101"),
    ("Display driver nvlddmkm stopped responding and has recovered.", "WN109"),
    (
        (
            "Error loading shared library libstdc++.so.6: No such file or directory"
            " (needed by /venv/torch/lib/libc10.so)"
        ),
        "PY103",
    ),
    ("libur_adapter_level_zero.so.0: undefined symbol: zeDeviceSynchronize", "XP101"),
    ("libur_loader.so.0: version `LIBUR_LOADER_0.11' not found", "XP103"),
    ("ImportError: libmkl_sycl_blas.so.5: cannot open shared object file", "XP103"),
    ("Symbol not found: _mkl_serv_intel_cpu_true", "PY108"),
    ("torch.backends.mps.is_built() == True\ntorch.backends.mps.is_available() == False", "MC103"),
    ("kfd kfd: amdgpu: TAHITI  not supported in kfd", "RO101"),
    ("signal 11: SIGSEGV\n#0 0x7f in () at /opt/rocm/lib/libhsa-runtime64.so.1", "RO104"),
    ("UserWarning: DPCPP Device count is zero!", "XP101"),
    ("Linux-5.15.148-tegra-aarch64\nIs CUDA available: False", "WH110"),
]
CACHES = [
    ("PermissionError at /models/hub. Check cache directory permissions.", "ST102"),
    ("sh: /tmp/pip-build-env-a1/bin/cmake: Permission denied", "ST105"),
    ("OpenMP support not found. Please try one of the following solutions", "TC101"),
    ("x.cpp:1:10: fatal error: omp.h: No such file or directory", "TC101"),
    ("Caused by: failed to hardlink file from /a/x to /cache/x: Invalid cross-device", "ST106"),
    ("[Errno 95] Operation not supported: '../../blobs/0a' -> '/mnt/usb/snapshots/x'", "ST106"),
    ("[Errno 5] Input/output error: '/mnt/c/work/.venv/lib'", "WS105"),
    ("partially initialized module 'queue' has no attribute 'Queue'", "PY105"),
    ("cannot import name 'Random' from 'random' (/home/ada/project/random.py)", "PY105"),
    (
        "cannot import name 'Random' from 'random' (/x/lib/python3.12/site-packages/torch/random.py)",
        "PY105",
    ),
    (
        (
            "cannot import name 'TypeIs' from 'typing_extensions'"
            " (/home/ada/.local/lib/python3.10/site-packages/typing_extensions.py)"
        ),
        "PY106",
    ),
    ("PYTHONPATH=/opt/app/lib/python3.8/site-packages python train.py", "PY111"),
    (
        'Windows fatal exception: access violation\n  File "torch\\__init__.py", line 9',
        "PY113",
    ),
    ("PytorchStreamWriter failed writing file data/7: file write failed", "ST101"),
    ("PermissionError: [Errno 13] Permission denied: '/tmp/triton/0ab1.lock'", "TC105"),
    ("OSError: [Errno 39] Directory not empty: '/home/ada/.triton/cache/0ab1'", "TC106"),
    ("No such file or directory: '/nfs/.triton/cache/0ab1/tmp.pid_77_1/kernel.ttir'", "TC106"),
    ("PTXASError: PTXAS error: Internal Triton PTX codegen error", "TC107"),
]


@pytest.mark.parametrize(
    ("text", "code"), [*WINDOWS, *INSTALLERS, *DEVICES, *CACHES], ids=lambda one: one[:40]
)
def test_a_wording_leads_to_its_finding_first(text: str, code: str) -> None:
    matches = explain_error(text, None, load())
    assert matches
    assert matches[0].code == code


@pytest.mark.parametrize(
    "text",
    [
        "FileNotFoundError: [Errno 2] No such file or directory: 'C:\\\\data\\\\train.csv'",
        "AttributeError: Can't pickle local object 'make.<locals>.inner'",
        "Because there is no version of pandas==9.9 and you require pandas==9.9",
        "PermissionError: [Errno 13] Permission denied: '/data/out.txt'",
        "OSError: [Errno 39] Directory not empty: '/data/runs'",
        "Error loading configuration: settings.toml or one of its includes",
        "cannot import name 'foo' from 'random' (/usr/lib/python3.12/random.py)",
        "partially initialized module 'mypackage' has no attribute 'api'",
        "conda: process exited on signal 11: SIGSEGV",
    ],
)
def test_a_text_that_only_sounds_alike_means_nothing(text: str) -> None:
    assert not [m for m in explain_error(text, None, load()) if m.confidence != "low"]
