"""Compiled extensions of torch among the installed packages: those known to have a library of their own."""

from __future__ import annotations

import re

from envsetup.host import Host
from envsetup.host.questions import EXTENSION
from envsetup.model import Absent, Extension, Fact, Known, Package, TorchInstall, value_of
from envsetup.probes.readers import file_source

BUILT_AGAINST_TORCH = re.compile(
    r"flash-attn|xformers|vllm|sgl-kernel|flashinfer|causal-conv1d|mamba-ssm|bitsandbytes|apex|deepspeed|"
    r"torch-(?:scatter|sparse|cluster|spline-conv)|pyg-lib|detectron2|mmcv|natten|gsplat|nerfacc|pytorch3d|"
    r"tinycudann|auto-gptq|gptqmodel|exllamav2|torchao|fairseq|spconv|warp-rnnt|nvdiffrast"
)
"""torchvision and torchaudio aren't here: their pairing tells the same without a look into files."""
LIBRARY = re.compile(r"^([^,\n]+\.so),", re.MULTILINE)
MOST_LIBRARIES = 24
MOST_RECORD_BYTES = 1 << 22


def read(
    host: Host, packages: Fact[tuple[Package, ...]], torch: Fact[TorchInstall]
) -> Fact[tuple[Extension, ...]]:
    if not isinstance(packages, Known) or not isinstance(torch, Known):
        return Absent()
    mine = [p for p in packages.value if p.location and BUILT_AGAINST_TORCH.match(p.name)]
    if host.os_name != "linux" or not mine or torch.value.location is None:
        return Absent(tried=(packages.source,))
    found = [one for p in mine for one in _of(host, p, torch.value.location)]
    source = file_source(f"{mine[0].location}/{mine[0].metadata}/RECORD")
    return Known(value=tuple(found), source=source) if found else Absent(tried=(source,))


def _of(host: Host, package: Package, torch_folder: str) -> list[Extension]:
    record = host.read(f"{package.location}/{package.metadata}/RECORD", MOST_RECORD_BYTES)
    names = LIBRARY.findall(record.value) if isinstance(record, Known) else []
    found = []
    for name in names[:MOST_LIBRARIES]:
        path = f"{package.location}/{name}"
        told = value_of(host.ask(EXTENSION.about(f"{path}:{torch_folder}")))
        if told:
            found.append(
                Extension(
                    package=package.name,
                    path=path,
                    missing=told.missing,
                    architectures=told.architectures,
                )
            )
    return found
