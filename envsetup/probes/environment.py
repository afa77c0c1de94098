"""Environment variables that matter to PyTorch: an allow-list, credentials taken out."""

from __future__ import annotations

import re

from envsetup.host import Host
from envsetup.model import Known, Source
from envsetup.probes.readers import Facts

PREFIXES = (
    "CUDA_", "NVIDIA_", "NCCL_", "TORCH_", "TORCHINDUCTOR_", "PYTORCH_", "OMP_", "MKL_", "KMP_", "GOMP_",
    "HIP_", "HSA_", "ROCR_", "ROCM_", "MIOPEN_", "ZE_", "ONEAPI_", "SYCL_", "TRITON_", "CUBLAS_", "CUDNN_",
    "GLOO_", "UCX_", "PIP_", "UV_TORCH_", "CONDA_",
)  # fmt: skip
NAMES = {
    "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "PYTHONNOUSERSITE",
    "VIRTUAL_ENV", "MASTER_ADDR", "MASTER_PORT", "RANK", "WORLD_SIZE", "LOCAL_RANK", "MAX_JOBS",
    "OPENBLAS_NUM_THREADS", "HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE",
    "HF_DATASETS_TRUST_REMOTE_CODE", "LOCAL_WORLD_SIZE", "SETVARS_COMPLETED", "BNB_CUDA_VERSION", "CC", "CXX",
    "CUDAHOSTCXX", "NVCC_PREPEND_FLAGS", "NVCC_APPEND_FLAGS",
    "TRANSFORMERS_OFFLINE", "USE_LIBUV", "XDG_CACHE_HOME", "TMPDIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "ALL_PROXY",
    "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "SLURM_JOB_ID", "KUBERNETES_SERVICE_HOST", "LANG", "LC_ALL",
}  # fmt: skip
SECRET = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY|AUTH", re.IGNORECASE)
URL_WITH_LOGIN = re.compile(r"//[^/\s]*@")
"""Up to the last @ before the path: passwords hold one too."""
LONGEST = 2000


def probe(host: Host) -> Facts:
    kept = {k: clean(v) for k, v in sorted(host.env().items()) if matters(k)}
    return {"environment": Known(value=kept, source=Source(kind="env", ref="environment"))}


def matters(name: str) -> bool:
    """Whether the variable of this name is kept."""
    return (name in NAMES or name.startswith(PREFIXES)) and not SECRET.search(name)


def clean(value: str) -> str:
    """A value without the login part of URLs, cut to what a reader needs."""
    return URL_WITH_LOGIN.sub("//", value)[:LONGEST]
