"""Compiled extensions of torch: what their libraries ask of it, and for which GPUs they hold kernels.

Nothing is loaded or mapped; pyelftools reads the tables, and of torch's libraries only what a symbol's
hash points at.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from typing import Any

from envsetup.host.disk_cache import remembered
from envsetup.host.questions import ExtensionSymbols

OF_TORCH = re.compile(r"_Z(?:T[VIS])?N[KVr]?(?:3c10|2at|5torch|6caffe2)\d")
"""Mangled names of what lies in the namespaces c10, at, torch and caffe2."""
NEEDED = ("libtorch", "libc10")
MOST_MISSING = 20
FATBIN = struct.Struct("<IHHQ")
"""Magic, version, size of this header, size of the entries behind it."""
ENTRY = struct.Struct("<HHIQIIHHI")
"""Kind (1 PTX, 2 machine code), attributes, size of this header, size, compressed size, -, minor, major, architecture.

Source: the layout as cuobjdump and public readers of the section `.nv_fatbin` agree on; held against libraries of
torch, torchvision, xformers and bitsandbytes, whose builds state their architectures.
"""
MAGIC = 0xBA55ED50
PTX, CODE = 1, 2
MOST_FILLED = 1024
"""Steps of eight bytes without a file, after which the rest is taken for something else."""


def extension(path: str, torch_folder: str) -> ExtensionSymbols:
    """Raises OSError, and elftools' ELFError for what is no library."""
    there = (*_libraries(f"{torch_folder}/lib", NEEDED), *_libraries(os.path.dirname(path), ("",)))
    others = tuple(one for one in there if one != path)
    return remembered("extension", ExtensionSymbols, (path, *others), lambda: _look(path, others))


def _libraries(folder: str, beginnings: tuple[str, ...]) -> list[str]:
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [f"{folder}/{n}" for n in names if n.startswith(beginnings) and ".so" in n]


def _look(path: str, libraries: tuple[str, ...]) -> ExtensionSymbols:
    from elftools.elf.elffile import ELFFile

    with open(path, "rb") as file:
        elf = ELFFile(file)
        wanted = _wanted(elf) if _needs_torch(elf) else set()
        return ExtensionSymbols(
            missing=tuple(sorted(_without(wanted, libraries))[:MOST_MISSING]),
            architectures=tuple(sorted(_architectures(elf))),
        )


def _needs_torch(elf: Any) -> bool:
    dynamic = elf.get_section_by_name(".dynamic")
    tags = dynamic.iter_tags("DT_NEEDED") if dynamic is not None else ()
    return any(tag.needed.startswith(NEEDED) for tag in tags)


def _wanted(elf: Any) -> set[str]:
    """Undefined symbols of torch's namespaces, but for weak ones, which may stay so."""
    table = elf.get_section_by_name(".dynsym")
    symbols = table.iter_symbols() if table is not None else ()
    return {
        symbol.name
        for symbol in symbols
        if symbol["st_shndx"] == "SHN_UNDEF"
        and symbol["st_info"]["bind"] == "STB_GLOBAL"
        and OF_TORCH.match(symbol.name)
    }


def _without(wanted: set[str], libraries: tuple[str, ...]) -> set[str]:
    from elftools.elf.elffile import ELFFile

    left = set(wanted)
    for path in libraries:
        if not left:
            break
        with open(path, "rb") as file:
            table: Any = ELFFile(file).get_section_by_name(".gnu.hash")
            if table is None:  # then nothing can be said of any
                return set()
            left -= {name for name in left if table.get_symbol(name) is not None}
    return left


def _architectures(elf: Any) -> set[str]:
    section = elf.get_section_by_name(".nv_fatbin")
    if section is None:
        return set()
    kinds = {PTX: "compute", CODE: "sm"}
    start, size = section["sh_offset"], section["sh_size"]
    found = _entries(elf.stream, start, start + size)
    return {f"{kinds[kind]}_{arch}" for kind, arch in found if kind in kinds}


def _entries(file: Any, place: int, end: int) -> Iterator[tuple[int, int]]:
    """Kind and architecture of each entry; what lies between two files is filled to eight bytes."""
    filled = 0
    while place + FATBIN.size <= end and filled < MOST_FILLED:
        file.seek(place)
        magic, _, header, size = FATBIN.unpack(file.read(FATBIN.size))
        if magic != MAGIC:
            place, filled = place + 8, filled + 1
            continue
        filled = 0
        place += header
        stop = min(place + size, end)
        while place + ENTRY.size <= stop:
            file.seek(place)
            kind, _, length, bytes_, _, _, _, _, arch = ENTRY.unpack(file.read(ENTRY.size))
            yield kind, arch
            place += max(length + bytes_, ENTRY.size)
        place = stop + (-stop % 8)
