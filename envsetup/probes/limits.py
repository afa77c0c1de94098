"""Limits of this process: open files, processes, memory, process ids of the cgroup; and of the kernel's memory."""

from __future__ import annotations

from envsetup.host import Host
from envsetup.model import Absent, Fact, Known
from envsetup.probes import cgroup
from envsetup.probes.readers import api_source, call_json, line, number

KERNEL = ("max_map_count", "overcommit_memory")


def probe(host: Host) -> dict[str, Fact]:  # type: ignore[type-arg]
    told = call_json(host, "limits")
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
