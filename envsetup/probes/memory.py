"""Main memory, swap, and what the cgroup grants of it."""

from __future__ import annotations

import re

from envsetup.host import Host
from envsetup.host.questions import MEMORY, MemorySizes
from envsetup.model import Known, Memory, value_of
from envsetup.probes import cgroup
from envsetup.probes.readers import Facts, api_source, file_source, line, number

NO_LIMIT_FROM = 1 << 60
"""cgroup v1 says `unlimited` as the largest page-aligned number."""


def probe(host: Host) -> Facts:
    fact = host.read("/proc/meminfo")
    if isinstance(fact, Known):
        sizes = {
            k: int(v) * 1024 for k, v in re.findall(r"^(\w+):\s+(\d+) kB", fact.value, re.MULTILINE)
        }
        told = MemorySizes(
            total=sizes.get("MemTotal"),
            available=sizes.get("MemAvailable"),
            swap_total=sizes.get("SwapTotal"),
        )
        source = file_source("/proc/meminfo")
    else:
        told, source = value_of(host.ask(MEMORY)) or MemorySizes(), api_source("memory")
    memory = Memory(
        total_bytes=told.total,
        available_bytes=told.available,
        swap_total_bytes=told.swap_total,
        cgroup_limit_bytes=_limit(host),
    )
    return {"memory": Known(value=memory, source=source)}


def _limit(host: Host) -> int | None:
    """The least that any cgroup above this process grants."""
    files = [f"{f}/memory.max" for f in cgroup.folders(host, "")]
    files += [f"{f}/memory.limit_in_bytes" for f in cgroup.folders(host, "memory")]
    told = (number(line(host, file)) for file in files)
    return min((size for size in told if size is not None and size < NO_LIMIT_FROM), default=None)
