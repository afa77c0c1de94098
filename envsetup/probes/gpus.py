"""All GPUs of all vendors, each source's knowledge of one device brought together."""

from __future__ import annotations

import re

from msgspec.structs import asdict, replace

from envsetup.host import Host
from envsetup.host.questions import KERNEL_LOG, OPENABLE, UNAME, KernelLog
from envsetup.model import Absent, Fact, Gpu, Known, NvidiaDriver, Source, Unreadable, value_of
from envsetup.probes import amd, nvidia, pci
from envsetup.probes.readers import Facts, api_source, file_source, line

MOST_LOG_LINES = 200


def probe(host: Host) -> Facts:
    bus = pci.displays(host)
    seen = bus.value if isinstance(bus, Known) else ()
    driver, spoken = nvidia.read(host, any(g.vendor == "nvidia" for g in seen))
    board = () if spoken else _jetson(host)
    if board and isinstance(driver, Absent):
        driver = Unreadable(error="a Jetson's own driver tells no version", source=board[0].source)
    found = merge((*spoken, *board, *amd.gpus(host), *_apple(host)), seen)
    return {
        "gpus": _fact(found, bus, driver),
        "nvidia_driver": driver,
        "device_access": _access(host, found),
        "kernel_log": _log(host) if found else Absent(),
    }


def _fact(
    found: tuple[Gpu, ...], bus: Fact[tuple[Gpu, ...]], driver: Fact[NvidiaDriver]
) -> Fact[tuple[Gpu, ...]]:
    if found:
        return Known(value=found, source=found[0].source)
    if isinstance(driver, Known) and isinstance(driver.value.nvml, Unreadable):
        return driver.value.nvml  # a driver that doesn't speak is no proof that there is no GPU
    if isinstance(driver, Known) and _silent(driver.value.nvidia_smi):
        return driver.value.nvidia_smi  # type: ignore[return-value] # unreadable, as _silent says
    if isinstance(bus, (Known, Absent)):
        tried = bus.source if isinstance(bus, Known) else file_source(pci.DEVICES)
        return Absent(tried=(tried, Source(kind="nvml", ref="nvmlDeviceGetCount")))
    return bus


def _silent(program: Fact[str]) -> bool:
    """Whether nvidia-smi hung, or answered what nobody can read; its own refusals are answers."""
    return isinstance(program, Unreadable) and "(exit" not in program.error


def merge(told: tuple[Gpu, ...], on_bus: tuple[Gpu, ...]) -> tuple[Gpu, ...]:
    """What drivers tell, completed by the bus at the same address, then what only the bus shows."""
    by_address = {short(g.pci_address): g for g in on_bus if g.pci_address}
    merged = []
    for gpu in told:
        other = by_address.pop(short(gpu.pci_address), None) if gpu.pci_address else None
        merged.append(_completed(gpu, other) if other else gpu)
    alone = [*by_address.values(), *_unplaced(merged, on_bus)]
    ordered = sorted(
        [*merged, *alone], key=lambda g: (g.vendor, short(g.pci_address) or f"~{g.index}")
    )
    count: dict[str, int] = {}
    numbered = []
    for gpu in ordered:
        index = count.get(gpu.vendor, 0)
        count[gpu.vendor] = index + 1
        numbered.append(replace(gpu, index=index))
    return tuple(numbered)


def _unplaced(told: list[Gpu], on_bus: tuple[Gpu, ...]) -> list[Gpu]:
    """Devices whose address the system doesn't name, less those that a driver spoke of."""
    spoken = [g.pci_id for g in told]
    left = []
    for gpu in on_bus:
        if gpu.pci_address:
            continue
        if gpu.pci_id in spoken:
            spoken.remove(gpu.pci_id)
        else:
            left.append(gpu)
    return left


def short(address: str | None) -> str:
    """00000000:01:00.0 and 0000:01:00.0 as 01:00.0 below their domain's last four digits."""
    if not address:
        return ""
    domain, _, rest = address.lower().partition(":")
    return f"{domain[-4:]}:{rest}"


def _completed(gpu: Gpu, other: Gpu) -> Gpu:
    missing = {k: v for k, v in asdict(other).items() if v is not None and getattr(gpu, k) is None}
    return replace(gpu, **missing)


def _apple(host: Host) -> tuple[Gpu, ...]:
    """Apple silicon is a GPU by itself; an Intel Mac has none that PyTorch still serves."""
    uname = value_of(host.ask(UNAME))
    if host.os_name != "macos" or uname is None or uname.machine != "arm64":
        return ()
    return (Gpu(vendor="apple", index=0, source=api_source("uname"), integrated=True),)


BOARD = "/proc/device-tree/model"


def _jetson(host: Host) -> tuple[Gpu, ...]:
    """A Jetson's GPU is part of its chip: on no bus, and up to JetPack 5 without NVML and nvidia-smi."""
    model = (line(host, BOARD) or "").strip("\0 ")
    if not re.search(r"\b(?:jetson|tegra)\b", model, re.IGNORECASE):
        return ()
    return (Gpu(vendor="nvidia", index=0, source=file_source(BOARD), name=model, integrated=True),)


USED = re.compile(r"nvidia(?:\d+|ctl|-uvm)")
"""What CUDA opens; nvidia-caps, nvidia-modeset and their like are not for every user."""
NODES = ("/dev/kfd", "/dev/nvidiactl", "/dev/nvidia-uvm")


def _access(host: Host, found: tuple[Gpu, ...]) -> Fact[dict[str, bool]]:
    """May this user open the device nodes that are there."""
    if not found or host.os_name != "linux":
        return Absent()
    names = host.list("/dev")
    render = host.list("/dev/dri")
    nodes = (
        [f"/dev/{n}" for n in names.value if USED.fullmatch(n)] if isinstance(names, Known) else []
    )
    nodes += [n for n in NODES if isinstance(host.realpath(n), Known)]
    if isinstance(render, Known):
        nodes += [f"/dev/dri/{n}" for n in render.value if n.startswith("renderD")]
    told = {n: value_of(host.ask(OPENABLE.about(n))) for n in dict.fromkeys(nodes)}
    return Known(
        value={n: v for n, v in told.items() if v is not None},
        source=api_source("access(2)"),
    )


def _log(host: Host) -> Fact[tuple[str, ...]]:
    """GPU lines of the kernel log, where this user may read it."""
    log = value_of(host.ask(KERNEL_LOG)) or KernelLog(error="could not be read")
    source = Source(kind="program", ref="dmesg")
    if log.error is not None:
        return Unreadable(error=log.error, source=source)
    return Known(value=log.lines[-MOST_LOG_LINES:], source=source)
