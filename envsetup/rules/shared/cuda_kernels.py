"""What AR101 and AR102 share: the kernels of the installed build against the GPUs, either way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envsetup.knowledge import Knowledge, capability, covers, identify, version_key
from envsetup.model import Fix, Gpu, Known, Machine, TorchInstall, value_of
from envsetup.rules import Draft, Symptom, Undecidable, fact_evidence

ASK = "`python -c 'import torch; print(torch.cuda.get_arch_list(), torch.cuda.get_device_capability())'`"
SYMPTOMS = (
    Symptom(pattern=r"which is of (?:cuda|compute) capability", confidence="medium"),
    Symptom(
        pattern=r"no kernel image\b(?: is available(?: for execution on the device)?)?",
        confidence="medium",
    ),
    Symptom(pattern=r"\bsm_\d{2,3}[a-z]? is not compatible"),
    Symptom(
        pattern=r"cudaErrorNoKernelImageForDevice|CUDA_ERROR_NO_BINARY_FOR_GPU",
        confidence="medium",
    ),
    Symptom(pattern=r"(?:CUBLAS|CUDNN)_STATUS_ARCH_MISMATCH"),
    Symptom(
        pattern=r"\bcuda.{0,80}(?:error|err|failure|code|returned)\W{0,4}209\b",
        confidence="medium",
    ),
    Symptom(
        pattern=r"\b(?:no|lacks?|without|requires?|missing) sm_\d{2,3}[a-z]?\b",
        confidence="medium",
    ),
    Symptom(
        pattern=r"\bsm_\d{2,3}[a-z]? (?:is )?not supported|\bno (?:CUDA )?kernels? for\b",
        confidence="medium",
    ),
)
"""Words that don't tell whether the GPU is too new or too old for the build."""

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
    known = [identify(g, knowledge) for g in gpus if g.vendor == "nvidia"]
    if known and not any(g.compute_capability for g in known):
        raise Undecidable("the GPU's compute capability is not known", "gpus")
    sm = [a for a in archs if a.startswith("sm_")]
    ptx = [a for a in archs if a.startswith("compute_")]
    return [
        g
        for g in known
        if g.compute_capability and not covers(g.compute_capability, sm, ptx, torch.build)
    ]


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


def without_kernels(
    gpus: Iterable[Gpu],
    archs: tuple[str, ...] | None,
    torch: TorchInstall,
    machine: Machine,
    fixes: tuple[Fix, ...],
) -> Iterator[Draft]:
    """What is said of each GPU that the build has no kernels for."""
    held = archs or ()
    for gpu in gpus:
        words = f"{gpu.name or 'the GPU'} (compute capability {gpu.compute_capability})"
        yield Draft(
            message=f"torch {torch.version} has no kernels for {words}: it holds {', '.join(held)}.",
            subject=f"gpu {gpu.index}",
            evidence=(
                fact_evidence(machine, "torch", " ".join(held)),
                fact_evidence(machine, "gpus", words),
            ),
            fixes=fixes,
        )
