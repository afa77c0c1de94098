"""AMD GPUs by the kernel's own topology: no ROCm tools are needed."""

from __future__ import annotations

from envsetup.host import Host
from envsetup.model import Gpu, Known
from envsetup.probes.readers import file_source, line, number

NODES = "/sys/class/kfd/kfd/topology/nodes"


def gpus(host: Host) -> tuple[Gpu, ...]:
    """Every GPU node of the kfd topology; nodes of CPUs have gfx_target_version 0."""
    names = host.list(NODES)
    if not isinstance(names, Known):
        return ()
    ordered = sorted(names.value, key=lambda n: int(n) if n.isdigit() else 0)
    found = [gpu for n in ordered if (gpu := _gpu(host, f"{NODES}/{n}"))]
    return tuple(found)


def _gpu(host: Host, folder: str) -> Gpu | None:
    text = line(host, f"{folder}/properties") or ""
    told = dict(row.split()[:2] for row in text.splitlines() if len(row.split()) >= 2)
    gfx = gfx_name(number(told.get("gfx_target_version")) or 0)
    if gfx is None:
        return None
    location = number(told.get("location_id")) or 0
    domain = number(told.get("domain")) or 0
    device = number(told.get("device_id")) or 0
    return Gpu(
        vendor="amd",
        index=0,
        source=file_source(f"{folder}/properties"),
        gfx=gfx,
        pci_address=f"{domain:04x}:{location >> 8:02x}:{location >> 3 & 31:02x}.{location & 7}",
        pci_id=f"1002:{device:04x}" if device else None,
        memory_total_bytes=_memory(host, folder),
    )


def gfx_name(target: int) -> str | None:
    """gfx_target_version 110000 as gfx1100, 90010 as gfx90a.

    Source: the kernel's kfd_topology.c: major * 10000 + minor * 100 + stepping, stepping in hexadecimal.
    """
    if target <= 0:
        return None
    return f"gfx{target // 10000}{target // 100 % 100:x}{target % 100:x}"


def _memory(host: Host, folder: str) -> int | None:
    text = line(host, f"{folder}/mem_banks/0/properties") or ""
    told = dict(row.split()[:2] for row in text.splitlines() if len(row.split()) >= 2)
    return number(told.get("size_in_bytes"))
