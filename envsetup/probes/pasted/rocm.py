"""What AMD's programs print of the GPUs: `rocminfo`, `rocm-smi --showproductname`, `amd-smi static`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Gpu, Machine, Wsl
from envsetup.probes.pasted.lines import SOURCE, UNTOLD, nothing_told, told

AGENT = re.compile(r"^(Name|Marketing Name|Device Type|Chip ID):\s{1,40}(\S.{0,200})$")
"""The lines of one of rocminfo's agents that tell what it is, the name first."""
NUMBERED = re.compile(
    r"^GPU\[(\d{1,3})\]\s{0,40}:\s(Card Series|Card Model|GFX Version):\s{0,40}(\S.{0,200})$",
    re.IGNORECASE,
)
"""A line of rocm-smi."""
STATIC = re.compile(r"^(GPU|MARKET_NAME|TARGET_GRAPHICS_VERSION):\s{1,10}(\S.{0,200})$")
"""A line of amd-smi: each GPU's block begins with its number."""
GFX = re.compile(r"gfx[0-9a-f]{3,5}")
HEXADECIMAL = re.compile(r"0x[0-9a-f]+", re.IGNORECASE)
"""What rocm-smi prints where it knows no name."""


def read(lines: tuple[str, ...]) -> Machine | None:
    """The machine with its AMD GPUs, None where no such program's text names one."""
    gpus = tuple(_agents(lines)) or tuple(_numbered(lines)) or tuple(_static(lines))
    if not gpus:
        return None
    facts = nothing_told()
    wsl = any(line.startswith("WSL environment detected") for line in lines)
    facts.update(os=told("linux"), gpus=told(gpus), wsl=told(Wsl(version=2)) if wsl else UNTOLD)
    return Machine(**facts)  # type: ignore[arg-type]


def _gpu(index: int, name: str | None, gfx: str | None, pci_id: str | None = None) -> Gpu:
    known = name if name and not HEXADECIMAL.fullmatch(name) and name != "N/A" else None
    found = GFX.match(gfx or "")
    return Gpu(
        vendor="amd",
        index=index,
        source=SOURCE,
        name=known,
        gfx=found.group() if found else None,
        pci_id=pci_id,
    )


def _agents(lines: tuple[str, ...]) -> Iterator[Gpu]:
    """The agents that are GPUs; the names of their instruction sets begin otherwise."""
    agents: list[dict[str, str]] = []
    for line in lines:
        match = AGENT.match(line)
        if match and match.group(1) == "Name" and not match.group(2).startswith("amdgcn-"):
            agents.append({})
        if match and agents:
            agents[-1].setdefault(match.group(1), match.group(2).strip())
    named = (a for a in agents if a.get("Device Type") == "GPU" and GFX.fullmatch(a["Name"]))
    for index, agent in enumerate(named):
        chip = re.search(r"\(0x([0-9a-f]{4})\)", agent.get("Chip ID", ""))
        pci_id = f"1002:{chip.group(1)}" if chip else None
        yield _gpu(index, agent.get("Marketing Name"), agent["Name"], pci_id)


def _numbered(lines: tuple[str, ...]) -> Iterator[Gpu]:
    cards: dict[int, dict[str, str]] = {}
    for line in lines:
        if match := NUMBERED.match(line):
            card = cards.setdefault(int(match.group(1)), {})
            card.setdefault(match.group(2).lower(), match.group(3).strip())
    for index, card in sorted(cards.items()):
        names = [card[key] for key in ("card series", "card model") if key in card]
        name = next((n for n in names if not HEXADECIMAL.fullmatch(n)), None)
        yield _gpu(index, name, card.get("gfx version"))


def _static(lines: tuple[str, ...]) -> Iterator[Gpu]:
    cards: list[dict[str, str]] = []
    for line in lines:
        match = STATIC.match(line)
        if match and match.group(1) == "GPU":
            cards.append({})
        elif match and cards:
            cards[-1].setdefault(match.group(1), match.group(2).strip())
    for index, card in enumerate(c for c in cards if "MARKET_NAME" in c):
        yield _gpu(index, card["MARKET_NAME"], card.get("TARGET_GRAPHICS_VERSION"))
