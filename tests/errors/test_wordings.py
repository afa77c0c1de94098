"""The same failure in the wordings of other versions, libraries, shells and languages.

The texts are variations of what users paste; each stands for a signature, not for a case.
"""

from __future__ import annotations

import pytest

from envsetup.doctor.error_text import explain_error
from envsetup.knowledge import load

NO_KERNEL = "no kernel image is available for execution on the device"
WORKER = "(Worker_TP0 pid=9) ERROR 09-28 15:47:24 [core.py:7]"
MANGLED = "_ZN3c1015SmallVectorBaseIjE8grow_podEPKvmm"

GPU_AND_DRIVER = [
    ("ImportError: libcuda.so.1: cannot open shared object file: No such file", "DR101"),
    ("dlerror: libnvidia-ml.so.1: cannot open shared object file", "DR101"),
    ("pynvml.NVMLError_LibraryNotFound: NVML Shared Library Not Found", "DR101"),
    ("zsh: command not found: nvidia-smi", "DR101"),
    ("'nvidia-smi' is not recognized as an internal or external command", "DR101"),
    ("root@9f31c2ab77de:/srv# python a.py\nlibcuda.so.1: cannot open shared object file", "CT101"),
    ("modprobe: FATAL: Module nvidia not found.", "DR104"),
    ("NVIDIA-SMI has failed because it couldn‘t communicate with the NVIDIA driver", "DR104"),
    ("could not communicate with the NVIDIA driver Make sure that the latest", "DR104"),
    ("Direct firmware load for nvidia/550.76/gsp_ga10x.bin failed with error -2", "DR104"),
    ("RuntimeError: CUDA driver error: unknown error", "DR107"),
    ("pynvml.nvml.NVMLError_DriverNotLoaded: Driver Not Loaded", "DR104"),
    ("*** [scripts/Makefile.build:250: /var/lib/dkms/nvidia/550.54/build/x.o] Error 1", "DR104"),
    ("modprobe: ERROR: could not insert 'nvidia': Exec format error", "DR104"),
    ("NVRM: This can occur when a driver such as:\nNVRM: nouveau, rivafb, nvidiafb", "DR102"),
    ("RM has detected an NVML/RM version mismatch.", "DR103"),
    (
        "nvidia-container-cli: initialization error: nvml error: driver/library version mismatch",
        "DR103",
    ),
    ("NVIDIA-SMI has failed because you do not have suitable permissions.", "DR108"),
    ("CUDA error: uncorrectable ECC", "GP101"),
    ("NVRM: installed in this system has\nNVRM: fallen off the bus and is not responding", "GP104"),
    (
        "Free memory on device (2/24 GiB) on startup is less than desired GPU memory utilization",
        "GP110",
    ),
    ("Unexpected error from cudaGetDeviceCount(). Did you... Error 2: out of memory", "GP110"),
    ("Failed to initialize NVML: Function Not Found", "DR103"),
    ("ERROR (dkms apport): kernel package linux-headers-6.9.3 is not supported", "DR104"),
    ("CUDA error: unspecified launch failure, since I suspended the laptop", "DR107"),
]
KERNELS = [
    ("RTX 50xx's sm_120 is not compatible with the current PyTorch installation", "AR101"),
    ("geforce rtx 5080 with cuda capabilities sm_120 is not compatible", "AR101"),
    ("Quadro M2000 with CUDA capability sm_52 is not compatible with the current", "AR102"),
    ("GPU0 which is of compute capability (CC) 12.0", "AR101"),
    ("GPU0 which is of compute capability (CC) 6.1", "AR102"),
    (f"[nms_kernel.cu:88]: launch failed: {NO_KERNEL}", "AR103"),
    (f"    out = _C.rasterize_points(*args)\nRuntimeError: CUDA error: {NO_KERNEL}", "AR103"),
    (f"THCudaCheck FAIL file=/x/THC/Dropout.cu line=9 error=48 : {NO_KERNEL}\nTesla K40", "AR102"),
    ("RuntimeError: Device 0 does not have CUDA compute capability 5.0 or greater", "AR102"),
    ("nvcc fatal   : Unsupported gpu architecture 'compute_90'", "AR104"),
    ("type fp8e4nv not supported in this architecture", "AR105"),
]
BINARIES = [
    ("ImportError: numpy._core.multiarray failed to import", "AB101"),
    (
        "module compiled against ABI version 0x1000009 but this version of numpy is 0x2000000",
        "AB101",
    ),
    ("AttributeError: `np.Inf` was removed in the NumPy 2.0 release.", "AB101"),
    (f"/env/pointops/_C.cpython-311-x86_64-linux-gnu.so: undefined symbol: {MANGLED}", "AB104"),
    ("OSError: /env/torch_scatter/_version.so: undefined symbol:_ZN3c105ErrorC1E", "AB104"),
    ("Symbol not found: __ZN3c106detail14torchCheckFailEPKcS2_j", "AB104"),
    ("`cutlassF` is not supported because: xFormers wasn't build with CUDA support", "AB105"),
    ("xformers 0.0.29 requires torch==2.5.1, but you have torch 2.6.0", "AB105"),
    ("bitsandbytes/libbitsandbytes_cpu.so: undefined symbol: cquantize_blockwise_fp16", "AB106"),
    ("CUDA SETUP: Setup Failed!", "AB106"),
    ("AttributeError: 'NoneType' object has no attribute 'cget_col_row_stats'", "AB106"),
    ("ModuleNotFoundError: No module named 'triton.ops'", "AB107"),
    ("ModuleNotFoundError: No module named 'triton'", "TC103"),
    (
        "RuntimeError: Couldn't find appropriate backend to handle uri a.flac and format None",
        "AB111",
    ),
    ("bitsandbytes library load error: Configured CUDA binary not found at /x", "AB106"),
    ("TypeError: argument of type 'WindowsPath' is not iterable", "AB106"),
    ("Preparing metadata (pyproject.toml): error\nNo module named 'torch'", "AB109"),
    ("ModuleNotFoundError: No module named 'mmcv._ext'", "AB104"),
    ("ImportError: DLL load failed while importing _ext: 找不到指定的模块。", "AB104"),
    ("Library not loaded: @rpath/libtorch_cpu.dylib", "AB104"),
    ("TypeError: expected np.ndarray (got numpy.ndarray)", "AB101"),
    ("numpy.ufunc size changed, may indicate binary incompatibility", "AB101"),
    ("torchcodec is not installed correctly so built-in audio decoding will fail", "AB111"),
    ("RuntimeError: FFmpeg extension is not available", "AB111"),
    ("g++: internal compiler error: Killed (program cc1plus)", "AB110"),
    ("collect2: fatal error: ld terminated with signal 9 [Killed]", "AB110"),
    ("Device compute capability 8.9 or higher required for FP8 execution.", "AR105"),
    (
        "The quantization method x is not supported for the current GPU. Minimum capability: 80",
        "AR105",
    ),
    ("ModuleNotFoundError: No module named 'fused_layer_norm_cuda'", "AB104"),
    ("RuntimeError: PyTorch version 1.10.2 is too old", "AB112"),
    ("AttributeError: module 'torch.library' has no attribute 'register_fake'", "AB112"),
    ("ImportError: cannot import name 'DTensor' from 'torch.distributed.tensor'", "AB112"),
    ("MKL_THREADING_LAYER=INTEL is incompatible with libgomp.so.1 library.", "CP102"),
    ("zsh: illegal hardware instruction  python3 main.py", "CP101"),
    ("CPU lacks AVX support. Please consider upgrading", "CP101"),
    ("Ungültiger Maschinenbefehl (Speicherabzug geschrieben)", "CP101"),
]
CUDA_LIBRARIES = [
    ("UnboundLocalError: local variable 'cublas_path' referenced before assignment", "CU101"),
    ("ValueError: libcublas.so.*[0-9].*[0-9] not found in the system path", "CU101"),
    ("ImportError: libcudss.so.0: cannot open shared object file", "CU101"),
    ("RuntimeError: Library libcublas.so.12 is not found or cannot be loaded", "CU101"),
    (
        "Could not load dynamic library 'cudart64_110.dll'; dlerror: cudart64_110.dll not found",
        "CU101",
    ),
    ("libtorch_cuda.so: undefined symbol: cudaGraphAddNode_v2, version libcudart.so.12", "CU102"),
    (
        "symbol cublasX version libcublas.so.12 not defined in file libcublas.so.12 with link time reference",
        "CU102",
    ),
    ("Loaded runtime CuDNN library: 8.1.0 but source was compiled with: 8.6.0.", "CU104"),
    ("cuDNN error: CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED", "CU105"),
    ("Could not load library cudnn_cnn_infer64_8.dll. Error code 126", "CU105"),
    ("libcudnn_cnn_infer.so.8 not found", "CU105"),
    ("fatal error: cuda_profiler_api.h: No such file or directory", "CU109"),
    ("MissingCUDAException: CUDA_HOME does not exist, unable to compile CUDA op(s)", "CU109"),
    ("FileNotFoundError: [Errno 2] No such file or directory: 'nvcc'", "CU109"),
    ("ext.cpp:4:10: fatal error: cuda_runtime_api.h: No such file or directory", "CU109"),
    ("!block->expandable_segment_ INTERNAL ASSERT FAILED", "CU115"),
    ("Warning: PYTORCH_CUDA_ALLOC_CONF is deprecated, use PYTORCH_ALLOC_CONF", "CU115"),
    ("/usr/bin/ld: 找不到 -lcuda", "TC108"),
    ("AssertionError: Invalid device id", "CU112"),
    ("You requested gpu: [0, 1]\n But your machine only has: [0]", "CU112"),
]
CONTAINERS_AND_PROCESSES = [
    ("docker: Error response from daemon: Unknown runtime specified nvidia.", "CT102"),
    ('exec: "nvidia-container-cli": executable file not found in $PATH', "CT102"),
    ('pod rejected: RuntimeClass "nvidia" not found', "CT102"),
    ("nvidia-container-cli: mount error: stat failed: /x: no such file or directory", "CT104"),
    ("because /dev/shm has only 67108864 bytes available. This will harm performance", "CT106"),
    ("RuntimeError: unable to write to file </torch_12_99>", "CT106"),
    ("NCCL WARN Call to posix_fallocate failed : No space left on device", "CT106"),
    ("libibverbs: Warning: RLIMIT_MEMLOCK is 65536 bytes.", "CT109"),
    ("Error: setting up CDI devices: failed to stat CDI host device", "CT102"),
    ("docker: 'nvidia' is not a docker command.", "CT102"),
    ("0/4 nodes are available: 4 Insufficient nvidia.com/gpu.", "CT102"),
    ("/torch_7_8> in read-write mode: Too many open files (24)", "DL102"),
    ("slurmstepd: error: Detected 1 oom_kill event in StepId=7.0.", "CT108"),
    ("Command terminated: exit status 137", "CT108"),
    ("zsh: killed     python train.py", "CT108"),
    ("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes", "CT108"),
    ("max locked memory limit (64 kbytes) is too low", "CT109"),
    ("I have no name!@1d9bc3bf0000:/app$ python a.py", "CT111"),
    ("No such file or directory: '/dev/shm/torch_5512_3'", "DL104"),
    ("cuda runtime error (3) : initialization error at THCGeneral.cpp:51", "DL101"),
    ("terminate called...'std::system_error'\n what():  Resource temporarily unavailable", "DL103"),
    ("bash: fork: retry: Resource temporarily unavailable", "DL103"),
]
NODES = [
    ("NCCL WARN NET/Socket: no interface found", "DS102"),
    ("gloo/transport/tcp/pair.cc:799] connect [127.0.1.1]:4321: Connection refused", "DS103"),
    ("Timed out initializing process group in store based barrier on rank: 1", "DS104"),
    ("socket.gaierror: Name or service not known\ntorch.distributed.elastic failed", "DS104"),
    (
        "TimeoutError: Timed out after 1801 seconds waiting for clients. 1/2 clients joined.",
        "DS104",
    ),
    ("NCCL WARN NET/IB : Unable to open device mlx5_1", "DS109"),
    ("KeyError: 'LOCAL_RANK'", "DS112"),
    ("AssertionError: LOCAL_RANK is not set", "DS112"),
    ("DistStoreError: Socket Timeout", "DS104"),
    ("[WinError 10048] Only one usage of each socket address is normally permitted", "DS105"),
    ("NCCL version mismatch: rank 0 has 2.19.3", "DS107"),
]

NAMES_OF_ERRORS = [
    ("cudaErrorInvalidDeviceFunction", "AR103"),
    ("CUDA_ERROR_NO_BINARY_FOR_GPU", "AR101"),
    ("nvrtc: error: invalid value for --gpu-architecture (-arch)", "AR101"),
    ("CUDA error: PTX JIT compiler library not found", "CT105"),
    ("CUDA error: PTX JIT compilation was disabled", "CU116"),
    ("CUDA error: device kernel image is invalid", "TC110"),
    ("cudaErrorNvlinkUncorrectable", "GP102"),
    ("nvidia-nvswitch1: SXid (PCI:0000:c2:00.0): 20034, Fatal, Link 28 LTSSM Fault Up", "GP102"),
    ("cudaErrorMpsConnectionFailed", "GP108"),
    ("CUDA error: peer access is not supported between these two devices", "DS101"),
    ("Call to cuInit results in CUDA_ERROR_NO_DEVICE", "CU112"),
    ("cuInit(0) = 802", "DR109"),
    ("libcuda.so.570.1: cuda driver library init failure: 802", "DR109"),
    ("CUDA error 999", "DR107"),
    ("CUDA error 209 at kernel launch", "AR101"),
    ("cudaSetDevice err: 101", "CU112"),
    ("SM89 kernel is not available. Make sure you GPUs with compute capability 8.9.", "AR103"),
    ("cuInit(0) = 804", "CU107"),
    ("nvml error: insufficient permissions", "DR108"),
    ("NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.", "DR101"),
    ("nvidia-persistenced failed to initialize. Check syslog for more details.", "DR104"),
    ("nvrtc: error: failed to open libnvrtc-builtins.so.12.4.", "CU101"),
    ("cuDNN error: CUDNN_STATUS_ARCH_MISMATCH", "AR101"),
    (
        "ncclInvalidUsage\nDuplicate GPU detected : rank 0 and rank 1 both on CUDA device 1000",
        "CU112",
    ),
    ("NCCL WARN Cuda failure 'out of memory'", "GP110"),
    ("NCCL WARN Connect to 10.0.0.2<4563> failed : No route to host", "DS104"),
    ("错误：RuntimeError：CUDA error：uncorrectable ECC error encountered", "GP101"),
]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *NAMES_OF_ERRORS,
        *GPU_AND_DRIVER,
        *KERNELS,
        *BINARIES,
        *CUDA_LIBRARIES,
        *CONTAINERS_AND_PROCESSES,
        *NODES,
    ],
)
def test_another_wording_leads_to_the_same_rule(text: str, code: str) -> None:
    assert explain_error(text, knowledge=load())[0].code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ModuleNotFoundError: No module named &#39;triton.ops&#39;", "AB107"),
        (r'{"log":"...\nFileNotFoundError: No such file or directory: \'nvcc\'"}', "CU109"),
        ("> host_config.h: error -- unsupported\n> GNU version! gcc 14 isn't supported", "CU110"),
        ("│ RuntimeError: CUDA error: uncorrectable\n│ ECC error encountered", "GP101"),
        ("libcudart.so.12: ... cannot open shared object file", "CU101"),
        ("Failed to initialize NVML：Unknown Error", "CT103"),
        ("Failed to initialize NVML Unknown Error", "CT103"),
        ("ImportError libcuda.so.1 cannot open shared object file", "DR101"),
        ("cannot import name triton_key from triton.compiler.compiler", "AB107"),
        ("nvidia-smi couldnt communicate with the NVIDIA driver", "DR104"),
        ("(pid=77) You requested gpu: [0, 1]\n(pid=77)  But your machine only has: [0]", "CU112"),
        ("[rank0]: CUDA error: uncorrectable\n[rank0]: ECC error encountered", "GP101"),
        (f"{WORKER} CUDA error: uncorrectable\n{WORKER} ECC error encountered", "GP101"),
    ],
)
def test_what_a_page_a_log_or_a_quotation_adds_is_looked_through(text: str, code: str) -> None:
    assert explain_error(text)[0].code == code


@pytest.mark.parametrize(
    "text",
    [
        "libnccl-net.so: cannot open shared object file : when loading libnccl-net.so",
        "[c10d] cannot be initialized on [::]:29500 (errno: 97 - Address family not supported)",
        "ImportError: libcurl.so.4: cannot open shared object file: No such file or directory",
        "0 uncorrectable ECC errors",
        "CUDA version 12.1 does not match the version torch was compiled with 12.4 but since",
        "NVIDIA_DRIVER_CAPABILITIES=compute,utility",
        "KeyError: 'RANK'",
        "AttributeError: module 'torch' has no attribute 'my_own_function'",
        "/app/libfoo.so: undefined symbol: foo_init",
        "fatal error: mylib.h: No such file or directory",
        "No such file or directory: 'nvcc_flags.txt'",
    ],
)
def test_what_only_looks_alike_claims_nothing(text: str) -> None:
    assert all(m.confidence == "low" for m in explain_error(text))
