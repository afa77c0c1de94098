"""Asks NVML and libcuda, in a child that can be abandoned: on a wedged driver they never return.

Run by its path, so that no module of the current folder is imported in its stead; prints one JSON
object a line, the first stands where the second look never returns. Only the standard library and
nvidia-ml-py are imported here, and NVML's errors are answers, not failures.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Callable
from typing import Any

CUDA_LIBRARIES = ("libcuda.so.1", "libcuda.so") if sys.platform != "win32" else ("nvcuda.dll",)


def libcuda_version() -> dict[str, Any]:
    """CUDA version that the user-space driver serves: cuDriverGetVersion needs no cuInit."""
    last = ""
    for name in CUDA_LIBRARIES:
        try:
            library = ctypes.CDLL(name)
        except OSError as error:
            last = str(error)
            continue
        number = ctypes.c_int()
        code = library.cuDriverGetVersion(ctypes.byref(number))
        if code != 0:
            return {"error": f"cuDriverGetVersion answered {code}"}
        return {"version": f"{number.value // 1000}.{number.value % 1000 // 10}"}
    return {"absent": last}


def ask_nvml() -> dict[str, Any]:
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError_LibraryNotFound as error:
        return {"absent": str(error)}
    except pynvml.NVMLError as error:
        return {"error": str(error), "code": error.value}
    try:
        return {
            "driver": _told(pynvml.nvmlSystemGetDriverVersion),
            "cuda": _cuda(_told(pynvml.nvmlSystemGetCudaDriverVersion_v2)),
            "gpus": [_gpu(pynvml, i) for i in range(pynvml.nvmlDeviceGetCount())],
        }
    except pynvml.NVMLError as error:
        return {"error": str(error), "code": error.value}


def _cuda(number: object) -> str | None:
    return f"{number // 1000}.{number % 1000 // 10}" if isinstance(number, int) else None


def _told(ask: Callable[..., Any], *args: Any) -> Any:
    """The answer as JSON can hold it, None where this driver or GPU doesn't tell."""
    import pynvml

    try:
        answer = ask(*args)
    except (pynvml.NVMLError, AttributeError, ValueError, UnicodeDecodeError):
        return None
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer


def _gpu(pynvml: Any, index: int) -> dict[str, Any]:
    try:
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    except pynvml.NVMLError as error:
        return {"index": index, "error": str(error)}
    pci = _told(pynvml.nvmlDeviceGetPciInfo, handle)
    memory = _told(pynvml.nvmlDeviceGetMemoryInfo, handle)
    capability = _told(pynvml.nvmlDeviceGetCudaComputeCapability, handle)
    mig = _told(pynvml.nvmlDeviceGetMigMode, handle)
    model = _told(pynvml.nvmlDeviceGetDriverModel, handle)
    bus = getattr(pci, "busId", None)
    return {
        "index": index,
        "name": _told(pynvml.nvmlDeviceGetName, handle),
        "uuid": _told(pynvml.nvmlDeviceGetUUID, handle),
        "compute_capability": f"{capability[0]}.{capability[1]}" if capability else None,
        "pci_address": bus.decode() if isinstance(bus, bytes) else bus,
        "pci_id": f"10de:{pci.pciDeviceId >> 16:04x}" if pci else None,
        "memory_total_bytes": memory.total if memory else None,
        "memory_used_bytes": memory.used if memory else None,
        "compute_mode": _told(pynvml.nvmlDeviceGetComputeMode, handle),
        "driver_model": model[0] if model else None,
        "mig": bool(mig[0]) if mig else None,
        "mig_instances": _mig_instances(pynvml, handle) if mig and mig[0] else None,
        "compute_processes": _processes(pynvml, handle),
        "utilization_percent": getattr(
            _told(pynvml.nvmlDeviceGetUtilizationRates, handle), "gpu", None
        ),
        "virtual": _virtual(pynvml, handle),
        "health": _health(pynvml, handle),
    }


def _processes(pynvml: Any, handle: Any) -> int | None:
    """How many processes compute on the GPU; which ones is nobody's to know."""
    found = _told(pynvml.nvmlDeviceGetComputeRunningProcesses, handle)
    return len(found) if found is not None else None


def _virtual(pynvml: Any, handle: Any) -> bool | None:
    """Whether this is a slice of a GPU that a hypervisor hands out (vGPU)."""
    mode = _told(pynvml.nvmlDeviceGetVirtualizationMode, handle)
    return mode == pynvml.NVML_GPU_VIRTUALIZATION_MODE_VGPU if mode is not None else None


def _mig_instances(pynvml: Any, handle: Any) -> int:
    most = _told(pynvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0
    found = [_told(pynvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, i) for i in range(most)]
    return sum(one is not None for one in found)


def _health(pynvml: Any, handle: Any) -> dict[str, Any]:
    remap = _told(pynvml.nvmlDeviceGetRemappedRows, handle)
    limit = _told(pynvml.nvmlDeviceGetPowerManagementLimit, handle)
    default = _told(pynvml.nvmlDeviceGetPowerManagementDefaultLimit, handle)
    persistence = _told(pynvml.nvmlDeviceGetPersistenceMode, handle)
    return {
        "ecc_uncorrected_volatile": _told(
            pynvml.nvmlDeviceGetTotalEccErrors,
            handle,
            pynvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED,
            pynvml.NVML_VOLATILE_ECC,
        ),
        "remap_pending": bool(remap[2]) if remap else None,
        "remap_failed": bool(remap[3]) if remap else None,
        "throttle_reasons": _throttle(pynvml, handle),
        "temperature_celsius": _told(
            pynvml.nvmlDeviceGetTemperature, handle, pynvml.NVML_TEMPERATURE_GPU
        ),
        "power_limit_w": limit / 1000 if limit else None,
        "power_default_w": default / 1000 if default else None,
        "pcie_gen": _told(pynvml.nvmlDeviceGetCurrPcieLinkGeneration, handle),
        "pcie_gen_max": _told(pynvml.nvmlDeviceGetMaxPcieLinkGeneration, handle),
        "pcie_width": _told(pynvml.nvmlDeviceGetCurrPcieLinkWidth, handle),
        "pcie_width_max": _told(pynvml.nvmlDeviceGetMaxPcieLinkWidth, handle),
        "persistence": bool(persistence) if persistence is not None else None,
    }


THROTTLE = {0x8: "hw-slowdown", 0x20: "sw-thermal", 0x40: "hw-thermal", 0x80: "power-brake"}
"""Bits of the clocks event reasons that mean trouble (nvml.h); idle and power-cap are everyday."""


def _throttle(pynvml: Any, handle: Any) -> list[str]:
    bits = _told(pynvml.nvmlDeviceGetCurrentClocksThrottleReasons, handle) or 0
    return [name for bit, name in THROTTLE.items() if bits & bit]


def _say(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()  # a second look that dies must not take this with it


def main() -> None:
    try:
        nvml = ask_nvml()
    except ImportError as error:
        nvml = {"error": f"nvidia-ml-py can't be imported: {error}"}
    _say({"nvml": nvml})
    _say({"libcuda": libcuda_version()})


if __name__ == "__main__":
    main()
