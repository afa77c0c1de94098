"""Display devices on the PCI bus: what is there although no driver speaks for it."""

from __future__ import annotations

import re

from envsetup.host import Host
from envsetup.host.questions import DISPLAYS
from envsetup.model import Absent, Fact, Gpu, Known, Unreadable, Vendor
from envsetup.probes.readers import api_source, file_source, line

DEVICES = "/sys/bus/pci/devices"
VENDORS: dict[str, Vendor] = {"0x10de": "nvidia", "0x1002": "amd", "0x8086": "intel"}
DISPLAY_CLASSES = ("0x0300", "0x0302", "0x0380")
"""VGA controller, 3D controller, other display controller (PCI code and id assignment)."""
ACCELERATOR_CLASS = "0x1200"
"""Processing accelerator: Instinct cards say this, and so do Intel's NPUs, which are no GPUs."""
INSTANCE = re.compile(r"PCI\\VEN_([0-9A-F]{4})&DEV_([0-9A-F]{4})", re.IGNORECASE)
"""What Windows calls a device on the bus."""


def displays(host: Host) -> Fact[tuple[Gpu, ...]]:
    """Every display device of the three vendors, by address; nothing of what it can."""
    if host.os_name == "windows":
        return _windows(host)
    names = host.list(DEVICES)
    if not isinstance(names, Known):
        return names
    found = [gpu for name in names.value if (gpu := _display(host, name, 0))]
    return Known(value=tuple(found), source=names.source)


def _windows(host: Host) -> Fact[tuple[Gpu, ...]]:
    """Windows names its devices without their place on the bus."""
    fact = host.ask(DISPLAYS)
    if isinstance(fact, Unreadable):
        return fact
    if isinstance(fact, Absent):
        return Unreadable(
            error="this system doesn't tell its displays", source=api_source("displays")
        )
    found = []
    for instance in fact.value:
        match = INSTANCE.match(instance)
        vendor = VENDORS.get(f"0x{match.group(1).lower()}") if match else None
        if match and vendor:
            number = f"{match.group(1)}:{match.group(2)}".lower()
            found.append(Gpu(vendor=vendor, index=0, source=fact.source, pci_id=number))
    return Known(value=tuple(found), source=fact.source)


def _display(host: Host, address: str, index: int) -> Gpu | None:
    folder = f"{DEVICES}/{address}"
    vendor = VENDORS.get(line(host, f"{folder}/vendor") or "")
    kind = line(host, f"{folder}/class") or ""
    classes = (*DISPLAY_CLASSES, ACCELERATOR_CLASS) if vendor == "amd" else DISPLAY_CLASSES
    if vendor is None or not kind.startswith(classes):
        return None
    device = (line(host, f"{folder}/device") or "").removeprefix("0x")
    number = next(k for k, v in VENDORS.items() if v == vendor).removeprefix("0x")
    return Gpu(
        vendor=vendor,
        index=index,
        source=file_source(folder),
        pci_address=address.lower(),
        pci_id=f"{number}:{device}".lower(),
        integrated=True if vendor == "intel" and address.startswith("0000:00:02") else None,
        kernel_driver=_driver(host, folder),
        iommu_domain=line(host, f"{folder}/iommu_group/type"),
        compute_partition=line(host, f"{folder}/current_compute_partition"),
    )


def _driver(host: Host, folder: str) -> str | None:
    fact = host.realpath(f"{folder}/driver")
    return fact.value.rsplit("/", 1)[-1] if isinstance(fact, Known) else None
