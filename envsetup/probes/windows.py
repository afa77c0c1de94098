"""What torch hangs on under Windows alone: its C++ runtime, long paths, commit, DLLs that lie elsewhere too."""

from __future__ import annotations

import re
from collections.abc import Iterable

from envsetup.host import Host
from envsetup.host.questions import SIZE, WINDOWS
from envsetup.model import Fact, Known, Python, TorchInstall, Windows, value_of
from envsetup.probes.readers import api_source

RUNTIME = ("msvcp140.dll", "vcruntime140.dll", "vcruntime140_1.dll")
"""What torch/__init__.py loads before its own DLLs."""
OFTEN_COPIED = re.compile(
    r"(?:cudart64_|cublas(?:lt)?64_|cudnn|cufft64_|cusparse64_|libiomp5md|nvtoolsext|zlibwapi).*\.dll"
)
"""DLLs beside torch that other programs' instructions have people copy."""


def read(host: Host, python: Fact[Python], torch: Fact[TorchInstall]) -> Fact[Windows]:
    asked = host.ask(WINDOWS)
    if not isinstance(asked, Known):
        return asked
    settings = asked.value
    target, own = value_of(python), value_of(torch)
    system = host.env().get("SystemRoot", "C:\\Windows") + "\\System32"
    beside = _beside(target)
    names = {folder: _names(host, folder) for folder in (system, *beside)}
    library = f"{own.location}\\lib" if own and own.location else None
    own_dlls = _names(host, library) if library else frozenset[str]()
    return Known(
        value=Windows(
            long_paths=settings.long_paths,
            tdr_delay_s=settings.tdr_delay_s,
            vc_runtime=settings.vc_runtime,
            commit_available_bytes=settings.commit_available_bytes,
            vc_missing=_missing(names[system], (*names.values(), own_dlls), target),
            other_dlls=_other_copies(host, library, own_dlls, names),
            embedded_python=_embedded(names, beside),
        ),
        source=api_source("winreg, GlobalMemoryStatusEx"),
    )


def _beside(python: Python | None) -> tuple[str, ...]:
    """Where Windows looks for the interpreter's DLLs besides its own folder."""
    if python is None:
        return ()
    folders = [python.executable.rpartition("\\")[0]]
    for prefix in filter(None, (python.base_prefix, python.prefix)):
        folders += [prefix, f"{prefix}\\Library\\bin"]
    return tuple(dict.fromkeys(filter(None, folders)))


def _names(host: Host, folder: str) -> frozenset[str]:
    return frozenset(name.lower() for name in value_of(host.list(folder)) or ())


def _missing(
    system: frozenset[str], elsewhere: Iterable[frozenset[str]], python: Python | None
) -> tuple[str, ...]:
    """None where the system's own folder couldn't be listed, or no interpreter is known to have it beside it."""
    there = system.union(*elsewhere)
    return tuple(name for name in RUNTIME if name not in there) if system and python else ()


def _other_copies(
    host: Host, library: str | None, own: frozenset[str], names: dict[str, frozenset[str]]
) -> tuple[str, ...]:
    """DLLs of torch's names and another size, in a folder that Windows takes DLLs from."""
    twice = (
        (name, folder)
        for name in sorted(filter(OFTEN_COPIED.fullmatch, own))
        for folder, there in names.items()
        if name in there
    )
    differ = (
        name for name, folder in twice if _differ(host, f"{library}\\{name}", f"{folder}\\{name}")
    )
    return tuple(dict.fromkeys(differ))


def _differ(host: Host, one: str, other: str) -> bool:
    sizes = [value_of(host.ask(SIZE.about(path))) for path in (one, other)]
    return None not in sizes and sizes[0] != sizes[1]


def _embedded(names: dict[str, frozenset[str]], beside: tuple[str, ...]) -> bool | None:
    """The embeddable package has its search path in a file such as python312._pth beside python.exe."""
    there = [name for folder in beside for name in names[folder]]
    return any(re.fullmatch(r"python3\d+\._pth", name) for name in there) if there else None
