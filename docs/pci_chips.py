"""Makes envsetup/knowledge/pci_chips.json from the PCI ID database.

python docs/pci_chips.py PCI_IDS     writes the file anew from a pci.ids of https://pci-ids.ucw.cz/

The database names a device after its chip ("AD107 [GeForce RTX 4060]"); what a chip computes stands
below. A device whose chip isn't listed here is left out: unknown, not guessed.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHIPS = Path(__file__).resolve().parent.parent / "envsetup" / "knowledge" / "pci_chips.json"

NVIDIA = {
    r"GF1(00|10)": "2.0",
    r"GF1": "2.1",
    r"GK10[4-7]": "3.0",
    r"GK(110|180|208)": "3.5",
    r"GK210": "3.7",
    r"GM10": "5.0",
    r"GM20": "5.2",
    r"GP100": "6.0",
    r"GP10": "6.1",
    r"GV100": "7.0",
    r"TU1": "7.5",
    r"GA100": "8.0",
    r"GA10": "8.6",
    r"AD10": "8.9",
    r"GH100": "9.0",
    r"GB10[02]": "10.0",
    r"GB110": "10.3",
    r"GB10B": "11.0",
    r"GB20B": "12.1",
    r"GB20": "12.0",
}
"""Chip by the start of its name → compute capability (developer.nvidia.com/cuda-gpus and
/cuda-legacy-gpus, by product). The first that fits counts."""

AMD = {
    r"(Fiji|Ellesmere|Baffin|Polaris|Lexa)": "gfx803",
    r"Vega 10": "gfx900",
    r"(Raven|Picasso)": "gfx902",
    r"Vega 12": "gfx904",
    r"Vega 20": "gfx906",
    r"Arcturus": "gfx908",
    r"Aldebaran": "gfx90a",
    r"(Renoir|Lucienne|Cezanne|Barcelo)": "gfx90c",
    r"Aqua Vanjaram \[Instinct MI3[02]": "gfx942",
    r"Aqua Vanjaram \[Instinct MI35": "gfx950",
    r"Navi 10": "gfx1010",
    r"Navi 12": "gfx1011",
    r"Navi 14": "gfx1012",
    r"Navi 21": "gfx1030",
    r"Navi 22": "gfx1031",
    r"Navi 23": "gfx1032",
    r"VanGogh": "gfx1033",
    r"Navi 24": "gfx1034",
    r"Rembrandt": "gfx1035",
    r"(Raphael|Granite Ridge)": "gfx1036",
    r"Mendocino": "gfx1037",
    r"Navi 31": "gfx1100",
    r"Navi 32": "gfx1101",
    r"Navi 33": "gfx1102",
    r"(Phoenix|HawkPoint)": "gfx1103",
    r"Strix Halo": "gfx1151",
    r"Strix": "gfx1150",
    r"Krackan \[": "gfx1152",
    r"Navi 44": "gfx1200",
    r"Navi 48": "gfx1201",
}
"""Chip → gfx name (the AMDGPU processor table of LLVM, the GPU tables of ROCm)."""

AMD_INTEGRATED = re.compile(
    r"Raven|Picasso|Renoir|Lucienne|Cezanne|Barcelo|VanGogh|Rembrandt|Raphael|Granite|Mendocino"
    r"|Phoenix|HawkPoint|Strix|Krackan"
)

INTEL = {
    r"Ponte Vecchio": {},
    r"ATS-M \[": {},
    r"DG2 \[(Arc [AP]|Iris Xe MAX A|Arc Xe)": {},
    r"Battlemage G": {},
    r"Meteor Lake-P \[Intel (Arc )?Graphics": {"only": ("7d55", "7dd5")},
    r"Arrow Lake-P \[": {"only": ("7d51", "7dd1")},
    r"(Lunar Lake|Core Ultra 200V)": {"only": ("6420", "64a0", "64b0")},
    r"Panther Lake": {"only": tuple(f"b0{n}" for n in (
        "80", "81", "82", "83", "84", "85", "86", "87", "8f", "90", "a0", "b0"
    ))},
}  # fmt: skip
"""Intel GPUs that PyTorch's XPU build computes on: the Arc A, B and Data Center Max and Flex series,
and of the processors those with an Arc GPU (the hardware list of PyTorch's XPU page; device numbers
of the processors after the tables of Intel's compute runtime). `only` are integrated."""

NO_GPU = re.compile(
    r"audio|usb|switch|bridge|pcie (host|x\d)|\bport\b|serial bus|FPGA|coprocessor", re.IGNORECASE
)
"""What else sits on a graphics card."""


def devices(text: str) -> Iterator[tuple[str, str, str]]:
    """Vendor, device and name of each line; subsystems and classes of devices are passed over."""
    vendor = ""
    for line in text.splitlines():
        if line.startswith("C "):
            return
        if re.match(r"[0-9a-f]{4} ", line):
            vendor = line[:4]
        elif match := re.match(r"\t([0-9a-f]{4})\s+(.+)", line):
            yield vendor, match.group(1), match.group(2).strip()


def chip(vendor: str, device: str, name: str) -> dict[str, Any] | None:
    """What the device computes with, None where it is no GPU or not known."""
    if NO_GPU.search(name):
        return None
    if vendor == "10de":
        found = first(NVIDIA, name)
        return {"compute_capability": found} if found else None
    if vendor == "1002":
        found = first(AMD, name)
        integrated = {"integrated": True} if AMD_INTEGRATED.match(name) else {}
        return {"gfx": found, **integrated} if found else None
    if vendor == "8086":
        found = first(INTEL, name)
        if found is None or ("only" in found and device not in found["only"]):
            return None
        return {"xpu": True, **({"integrated": True} if "only" in found else {})}
    return None


def first(table: dict[str, Any], name: str) -> Any:
    return next((value for start, value in table.items() if re.match(start, name)), None)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__)
        return 2
    text = Path(arguments[0]).read_text(encoding="utf-8", errors="replace")
    rows = [
        f'"{vendor}:{device}":' + json.dumps({"name": name, **known}, separators=(",", ":"))
        for vendor, device, name in devices(text)
        if (known := chip(vendor, device, name)) is not None
    ]
    CHIPS.write_text("{\n" + ",\n".join(sorted(rows)) + "\n}\n", encoding="utf-8")
    print(f"{len(rows)} devices")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
