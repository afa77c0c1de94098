"""Limits of this process: open files, processes, memory, process ids of the cgroup; and of the kernel's memory."""

from __future__ import annotations

from envsetup.host import Host
from envsetup.host.questions import LIMITS
from envsetup.model import Absent, Known, value_of
from envsetup.probes import cgroup
from envsetup.probes.readers import Facts, api_source, line, number

KERNEL = ("max_map_count", "overcommit_memory")


def probe(host: Host) -> Facts:
    told = value_of(host.ask(LIMITS))
    if not told:
        return {"limits": Absent(tried=(api_source("getrlimit"),))}
    files = [f"{f}/pids.max" for c in ("", "pids") for f in cgroup.folders(host, c)]
    pids = [n for file in files if (n := number(line(host, file))) is not None]
    if pids:
        told["pids"] = min(pids)
    for name in KERNEL:
        value = number(line(host, f"/proc/sys/vm/{name}"))
        if value is not None:
            told[name] = value
    return {"limits": Known(value=told, source=api_source("getrlimit"))}
