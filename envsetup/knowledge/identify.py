"""A GPU's architecture by whatever tells it: the driver, the PCI id, the installed torch, the name."""

from __future__ import annotations

import re

from msgspec.structs import replace

from envsetup.knowledge.questions import Knowledge
from envsetup.model import Gpu, TorchDevice

CAPABILITY = re.compile(r"[0-9]{1,2}\.[0-9]")


def identify(gpu: Gpu, knowledge: Knowledge, seen: tuple[TorchDevice, ...] = ()) -> Gpu:
    """A GPU with its architecture as its PCI id, its name or the installed torch tell it.

    `seen`: the devices that torch named. What the driver itself told comes before all.
    """
    if gpu.compute_capability is not None and not CAPABILITY.fullmatch(gpu.compute_capability):
        gpu = replace(gpu, compute_capability=None)
    gpu = replace(gpu, gfx=gpu.gfx or None)
    gpu = _by_name(_by_torch(_by_chip(gpu, knowledge), seen), knowledge)
    if gpu.vendor == "amd" and gpu.integrated is None and gpu.gfx in knowledge.rocm.integrated:
        gpu = replace(gpu, integrated=True)
    return gpu


def _by_chip(gpu: Gpu, knowledge: Knowledge) -> Gpu:
    told = gpu.compute_capability or gpu.gfx
    chip = knowledge.chip(gpu.pci_id) if gpu.pci_id and not told else None
    if chip is None:
        return gpu
    return replace(
        gpu,
        name=gpu.name or chip.name,
        compute_capability=chip.compute_capability,
        gfx=chip.gfx,
        integrated=chip.integrated if gpu.integrated is None else gpu.integrated,
    )


def _by_torch(gpu: Gpu, seen: tuple[TorchDevice, ...]) -> Gpu:
    """By torch's device of the same name; by the only one where there is only one kind."""
    if arch_known(gpu) or gpu.vendor not in ("nvidia", "amd"):
        return gpu
    mine = [d for d in seen if d.kind == "cuda" and (d.compute_capability or d.gfx)]
    named = [d for d in mine if d.name == gpu.name]
    found = named or (mine if gpu.name is None else [])
    if len({(d.compute_capability, d.gfx) for d in found}) != 1:
        return gpu
    if gpu.vendor == "amd":
        return replace(gpu, gfx=found[0].gfx)
    return replace(gpu, compute_capability=found[0].compute_capability)


def _by_name(gpu: Gpu, knowledge: Knowledge) -> Gpu:
    if arch_known(gpu) or not gpu.name:
        return gpu
    if gpu.vendor == "nvidia":
        return replace(gpu, compute_capability=knowledge.compute_capability(gpu.name))
    if gpu.vendor == "amd":
        return replace(gpu, gfx=knowledge.gpu_names.gfx(gpu.name))
    return replace(gpu, pci_id=knowledge.gpu_names.intel_device(gpu.name))


def arch_known(gpu: Gpu) -> bool:
    """Whether it is known which kernels the GPU needs."""
    if gpu.vendor == "nvidia":
        return gpu.compute_capability is not None
    if gpu.vendor == "amd":
        return gpu.gfx is not None
    return gpu.vendor == "apple" or gpu.pci_id is not None
