"""What serving, training and image tools print of the same failures, each a line or two."""

from __future__ import annotations

import pytest

from envsetup.doctor.error_text import explain_error
from envsetup.knowledge import load

GPU_AND_DRIVER = [
    ("cudaSetDevice err: 35", "WH103"),
    ("cuda driver library init failure: 205", "DR114"),
    ("could not create Metal device", "MC103"),
    ("NvMapMemAllocInternalTagged: 1075072515 error 12", "WH110"),
    ("CUDA error: API call is not supported in the installed CUDA driver", "WH103"),
    ("cudaGetDeviceCount(). Did you run some functions? Error 3: initialization error", "DL101"),
    ("slurmstepd: error: execve(): nvidia-smi: No such file or directory", "DR101"),
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
    ("CMake Error: No CMAKE_CUDA_COMPILER could be found.", "CU109"),
    ("ninja: fatal: posix_spawn: Cannot allocate memory", "AB110"),
    ("Killed\nCMake Error at torch_generated.cu.o.Release.cmake:279", "AB110"),
    ("No supported CUDA architectures found for major versions [10].", "AR104"),
    ("This kernel only supports sm120.\ncudaErrorLaunchFailure", "AR103"),
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
    ("System Error: sycl7.dll not found", "XP103"),
    ("cannot import name 'randbits' from 'secrets' (/home/ada/proj/secrets.py)", "PY105"),
    ("ModuleNotFoundError: No module named 'torch._C'", "PY113"),
    ("ImportError: cannot load module more than once per process", "AB101"),
    ("ROCm: no agent was found", "RO105"),
    ("undefined symbol: __cudaRegisterLinkedBinary_44_tmpxft", "AB104"),
    ("CUDA not available: Torch was built without CUDA", "WH101"),
    ("_C.cpython-38-darwin.so: Library not loaded: @rpath/libc++.1.dylib", "PY113"),
    ("module 'torch._C' has no attribute 'TensorBase'. Did you mean: '_TensorBase'?", "PY107"),
    ("module 'torch' has no attribute 'tensordot'", "AB112"),
    ("module 'torch' has no attribute 'no_grad'", "PY105"),
    ("please downgrade to 'numpy<2' or try to upgrade the module.", "AB101"),
    ("use `torch.serialization.safe_globals([getattr])` to allowlist it", "SC102"),
    (
        "Could not load bindings: DLL load failed: The specified procedure could not be found",
        "WN102",
    ),
    ("rocdevice.cpp: hsa_init failed with 1008", "RO105"),
    ("Found cuDNN version 8700, but JAX was built against version 8800, which is newer.", "CU104"),
    ('Error loading "C:\\intel_extension_for_pytorch\\bin\\intel-ext-pt-gpu.dll"', "XP101"),
    ("No XPU devices found", "XP101"),
    ("loader: bus error: out of shared memory, in a pod", "CT106"),
]
PROCESSES = [
    ("pdsh@master: worker1: ssh exited with exit code 255", "DS104"),
    ("make: warning:  Clock skew detected.  Your build may be incomplete.", "DS108"),
    (
        "socket has failed to connect (system error: 10049)\nDistributed package doesn't have NCCL",
        "WN108",
    ),
    ("NVML: could not load library. Did you set the docker default runtime to `nvidia`?", "CT102"),
    ("gloo/transport/tcp/unbound_buffer.cc:81] Timed out waiting 1800000ms", "DS104"),
    ("file_system_monitor.cc:111: /tmp/session is over 95% full", "ST101"),
    ("NVIDIA-SMI has failed because you do not have sufficient permissions.", "DR108"),
    ("An NVIDIA kernel module 'nvidia-drm' appears to already be loaded in your kernel.", "DR112"),
    ("initializing ddp: GLOBAL_RANK: 0, MEMBER: 1/2\nit is stuck forever", "DS101"),
    ("NCCL WARN Invalid rank requested : 2/2", "DS112"),
    ("99% |####| 360.3MB 32.1MB/s eta 0:00:01Killed", "CT108"),
    ("The command 'pip3 install torch' returned a non-zero code: 137", "CT108"),
]
INSTALLERS = [
    ("fastai 2.7.14 requires torch<2.3,>=1.10, but you have torch 2.4.0", "PY112"),
    ("E: Unable to locate package nvidia-container-toolkit", "CT102"),
    ("HTTP 404 NOT FOUND for url <https://conda.anaconda.org/pytorch/linux-64/x>", "PY109"),
    ("but we only found wheels for `torch` with the following Python ABI tags: `cp37m`", "PY101"),
    ("VS Code doesn't detect PyTorch, but another notebook does", "PY110"),
    ("the torch version is 2.0.0+cpu although I chose NVIDIA", "WH101"),
    ("libmamba Download error (28) Timeout was reached", "NW104"),
    ("This program is tested with 3.10.6 Python, but you have 3.13.0.", "PY101"),
    (
        "You're on Linux (`manylinux_2_27_x86_64`), but `torch` (v2.7.0) only has wheels for …",
        "PY103",
    ),
    ("(Caused by SSLError(SSLZeroReturnError(6, 'TLS/SSL connection has been closed", "NW101"),
]


@pytest.mark.parametrize(
    ("text", "code"), [*GPU_AND_DRIVER, *BUILDS, *LIBRARIES, *PROCESSES, *INSTALLERS]
)
def test_the_first_answer_is_the_cause(text: str, code: str) -> None:
    assert [match.code for match in explain_error(text, None, load())][:1] == [code]


RETOLD = [
    ("CUDA_VISIBLE_DEVICES=-1 and torch.cuda.is_available() is False", "CU112"),
    ("MPS unavailable on macOS 26.3 although it is new enough", "MC103"),
    ("MPS backend unavailable on macOS 13.7, error says 13.0+ required", "MC102"),
    ("only the CPU build of torch was installed although a GPU index was given", "WH101"),
    ("torch.version.cuda is None", "WH101"),
    ("driver 470 is not enough for cu121", "WH103"),
    ("sm_37 not supported anymore by the current binaries", "AR102"),
    ("torch 2.5 has no kernels for RTX 5090", "AR101"),
    ("libomp and libiomp5 both loaded; program aborts", "CP102"),
    ("Python 3.14: no matching torch wheel", "PY101"),
    ("Jetson: torch from the default index is CPU only", "WH110"),
    ("disk full while pip downloads nvidia wheels", "ST101"),
    ("GPU becomes unavailable after computer wakes up", "DR107"),
    ("python was using packages in ~/.local which had a different version", "PY106"),
]


@pytest.mark.parametrize(("text", "code"), RETOLD)
def test_a_failure_that_is_retold_is_recognised(text: str, code: str) -> None:
    assert [match.code for match in explain_error(text, None, load())][:1] == [code]
