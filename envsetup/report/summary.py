"""The flat summary of a machine, for scripts: what isn't known is null."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from envsetup.model import Absent, Gpu, Known, Machine, TorchRuntime, value_of

TRITONS = (
    "triton",
    "pytorch-triton",
    "triton-rocm",
    "pytorch-triton-rocm",
    "pytorch-triton-xpu",
    "triton-xpu",
)
"""Names that Triton has had; builds for other vendors and nightlies have their own."""


def summary(machine: Machine) -> dict[str, Any]:
    """The keys of the contract, in its order."""
    torch, runtime = value_of(machine.torch), value_of(machine.torch_runtime)
    driver = value_of(machine.nvidia_driver)
    python = value_of(machine.python)
    packages = {p.name: p.version for p in reversed(value_of(machine.packages) or ())}
    return {
        "os": "wsl2" if isinstance(machine.wsl, Known) else value_of(machine.os),
        "arch": value_of(machine.arch),
        "python": python.version if python else None,
        "torch": torch.version if torch else (runtime.version if runtime else None),
        "torch_backend": _backend(machine),
        "driver": value_of(driver.version) if driver else None,
        "driver_cuda": value_of(driver.cuda_version) if driver else None,
        "cuda_available": runtime.cuda_available if runtime else None,
        "gpus": _gpus(machine, runtime),
        "numpy": packages.get("numpy"),
        "torchvision": packages.get("torchvision"),
        "torchaudio": packages.get("torchaudio"),
        "triton": next((packages[n] for n in TRITONS if n in packages), None),
    }


def _backend(machine: Machine) -> str | None:
    torch = value_of(machine.torch)
    if torch is None:
        return None
    if torch.build in ("cpu", "mps") and value_of(machine.os) == "macos":
        return "mps" if value_of(machine.arch) == "arm64" else torch.build
    return torch.build


def _gpus(machine: Machine, runtime: TorchRuntime | None) -> list[dict[str, Any]] | None:
    if isinstance(machine.gpus, Known):
        return [_gpu(g) for g in machine.gpus.value]
    if isinstance(machine.gpus, Absent):
        return []
    devices = runtime.devices if runtime else ()
    named = [{"name": d.name} for d in devices if d.kind != "cpu"]
    return named or None


def _gpu(gpu: Gpu) -> dict[str, Any]:
    told: dict[str, Any] = {"name": gpu.name}
    if gpu.compute_capability:
        told["compute_capability"] = gpu.compute_capability
    if gpu.gfx:
        told["gfx"] = gpu.gfx
    return told


def grouped(names: Iterable[str]) -> str:
    """Equal names once, with how many there are: eight cards of a kind are one thing to read."""
    counted = Counter(names)
    return ", ".join(f"{n} x {name}" if n > 1 else name for name, n in counted.items())


def machine_words(machine: Machine) -> str:
    """System, architecture, cores, memory and what it runs in, as far as they are known."""
    cpu, memory = value_of(machine.cpu), value_of(machine.memory)
    system = value_of(machine.os_version) or value_of(machine.os) or "unknown system"
    arch = value_of(machine.arch) or ""
    parts = [system, arch if arch not in system else ""]
    if cpu and cpu.usable_cores:
        parts.append(f"{cpu.usable_cores:g} cores")
    if memory and memory.total_bytes:
        parts.append(f"{memory.total_bytes / 2**30:.0f} GiB")
    container = value_of(machine.container)
    if container:
        parts.append(f"container ({container.runtime})")
    wsl = value_of(machine.wsl)
    if wsl:
        parts.append(f"WSL {wsl.version}")
    return ", ".join(p for p in parts if p)
