"""What AR101 and AR102 share: the kernels of the installed build against the GPUs, either way."""

from __future__ import annotations

from envsetup.knowledge import Knowledge, capability, covers, version_key
from envsetup.model import Gpu, Known, Machine, TorchInstall, value_of
from envsetup.rules import Undecidable

PLATFORMS = {
    ("linux", "x86_64"): "linux_x86_64",
    ("linux", "aarch64"): "linux_aarch64",
    ("windows", "x86_64"): "windows_amd64",
}


def archs_of(machine: Machine, torch: TorchInstall, knowledge: Knowledge) -> tuple[str, ...] | None:
    """sm_ and compute_ names that the build holds: as torch or its library tells, else the knowledge.

    None for a build that is not CUDA. Raises Undecidable where nothing tells.
    """
    if torch.hip is not None or torch.cuda is None and not (torch.build or "").startswith("cu"):
        return None
    runtime = value_of(machine.torch_runtime)
    if runtime is not None and runtime.arch_list:
        return runtime.arch_list
    if isinstance(torch.arch_list, Known):
        return torch.arch_list.value
    place = PLATFORMS.get((value_of(machine.os) or "", value_of(machine.arch) or ""), "")
    row = knowledge.build(torch.version.split("+")[0], torch.build or "", place)
    if row is None or row.arch_list is None:
        raise Undecidable(
            f"the architectures of torch {torch.version} are not known", "torch.arch_list"
        )
    return tuple(f"sm_{a.replace('.', '')}" for a in row.arch_list)


def _unserved(
    gpus: tuple[Gpu, ...], archs: tuple[str, ...] | None, torch: TorchInstall, knowledge: Knowledge
) -> list[Gpu]:
    """NVIDIA GPUs of known capability for which the build has neither kernel nor PTX."""
    if not archs:
        return []
    known = [_with_capability(g, knowledge) for g in gpus if g.vendor == "nvidia"]
    sm = [a for a in archs if a.startswith("sm_")]
    ptx = [a for a in archs if a.startswith("compute_")]
    return [
        g
        for g in known
        if g.compute_capability and not covers(g.compute_capability, sm, ptx, torch.build)
    ]


def _with_capability(gpu: Gpu, knowledge: Knowledge) -> Gpu:
    from msgspec.structs import replace

    if gpu.compute_capability or not gpu.name:
        return gpu
    return replace(gpu, compute_capability=knowledge.compute_capability(gpu.name))


def _oldest(archs: tuple[str, ...]) -> tuple[int, int]:
    return min(capability(a) for a in archs)


def too_new(
    gpus: tuple[Gpu, ...], archs: tuple[str, ...] | None, torch: TorchInstall, knowledge: Knowledge
) -> list[Gpu]:
    """Unserved GPUs that are newer than the oldest kernels of the build."""
    left = _unserved(gpus, archs, torch, knowledge)
    return [g for g in left if version_key(g.compute_capability or "0") > _oldest(archs or ())]


def too_old(
    gpus: tuple[Gpu, ...], archs: tuple[str, ...] | None, torch: TorchInstall, knowledge: Knowledge
) -> list[Gpu]:
    """Unserved GPUs that are older than all kernels of the build."""
    left = _unserved(gpus, archs, torch, knowledge)
    return [g for g in left if version_key(g.compute_capability or "0") < _oldest(archs or ())]


def words(gpu: Gpu) -> str:
    return f"{gpu.name or 'the GPU'} (compute capability {gpu.compute_capability})"
