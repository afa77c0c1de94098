"""The processor: model, cores that may be used, instruction sets that matter to PyTorch."""

from __future__ import annotations

import re

from envsetup.host import Host
from envsetup.host.questions import CORES, CPU_INFO, Cores, CpuInfo
from envsetup.model import Cpu, Known, value_of
from envsetup.probes import cgroup
from envsetup.probes.readers import Facts, api_source, file_source, line

ISA = {
    "avx": "avx", "avx2": "avx2", "fma": "fma", "avx512f": "avx512f", "avx512_bf16": "avx512_bf16",
    "avx512_vnni": "avx512_vnni", "amx_tile": "amx_tile", "amx_bf16": "amx_bf16",
    "asimd": "neon", "neon": "neon", "sve": "sve", "bf16": "bf16",
}  # fmt: skip
"""Kernel and py-cpuinfo flag names to ours."""
FREQUENCY = "/sys/devices/system/cpu/cpu0/cpufreq"
MOST_CPUINFO_BYTES = 1 << 23
"""Some 2 KB a core: a smaller cut would lose cores and sockets of large machines."""


def probe(host: Host) -> Facts:
    fact = host.read("/proc/cpuinfo", MOST_CPUINFO_BYTES)
    text = fact.value if isinstance(fact, Known) else ""
    model, flags = _named(text)
    source = file_source("/proc/cpuinfo")
    if not flags:
        told = value_of(host.ask(CPU_INFO)) or CpuInfo()
        model, flags = told.model or model, set(told.flags)
        source = api_source("cpuinfo")
    cores = value_of(host.ask(CORES)) or Cores()
    quota = cpu_quota(host)
    affinity = cores.affinity or cores.logical
    usable = min(affinity, quota) if affinity and quota else affinity
    return {
        "cpu": Known(
            value=Cpu(
                model=model,
                logical_cores=cores.logical,
                physical_cores=cores.physical or _physical(text),
                affinity_cores=cores.affinity,
                quota_cores=quota,
                usable_cores=float(usable) if usable else None,
                sockets=len(set(re.findall(r"^physical id\s*:\s*(\d+)", text, re.MULTILINE)))
                or None,
                frequency_driver=line(host, f"{FREQUENCY}/scaling_driver"),
                frequency_governor=line(host, f"{FREQUENCY}/scaling_governor"),
                numa_nodes=_numa_nodes(host),
                isa=tuple(dict.fromkeys(ISA[f] for f in ISA if f in flags)),
            ),
            source=source,
        )
    }


def _named(cpuinfo: str) -> tuple[str | None, set[str]]:
    """Model name and flags of the first processor."""
    model = re.search(r"^model name\s*:[ \t]*(\S.*)", cpuinfo, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*:[ \t]*(\S.*)", cpuinfo, re.MULTILINE)
    return (
        model.group(1).strip() if model else None,
        set(flags.group(1).split()) if flags else set(),
    )


def _physical(cpuinfo: str) -> int | None:
    """Pairs of package and core; None where the file names no cores (Arm, some virtual machines)."""
    pairs = set()
    for processor in cpuinfo.split("\n\n"):
        found = dict(re.findall(r"^(physical id|core id)\s*:\s*(\d+)", processor, re.MULTILINE))
        if len(found) == 2:
            pairs.add((found["physical id"], found["core id"]))
    return len(pairs) or None


def _numa_nodes(host: Host) -> int | None:
    names = host.list("/sys/devices/system/node")
    if not isinstance(names, Known):
        return None
    return sum(bool(re.fullmatch(r"node\d+", name)) for name in names.value) or None


def cpu_quota(host: Host) -> float | None:
    """The fewest cores that a cgroup above this process grants; None where unlimited.

    Version 2 tells them in `cpu.max`, version 1 as quota and period.
    """
    told = [(line(host, f"{f}/cpu.max") or "").split() for f in cgroup.folders(host, "")]
    told += [
        [line(host, f"{f}/cpu.cfs_{part}_us") or "" for part in ("quota", "period")]
        for f in cgroup.folders(host, "cpu")
    ]
    granted = [
        int(pair[0]) / int(pair[1])
        for pair in told
        if len(pair) == 2 and pair[0].isdigit() and pair[1].isdigit() and int(pair[1])
    ]
    return min(granted, default=None)
