"""The names of the network's interfaces; nothing of what goes over them."""

from __future__ import annotations

from envsetup.host import Host
from envsetup.model import Absent, Fact
from envsetup.probes.asking import file_source

FOLDER = "/sys/class/net"


def probe(host: Host) -> dict[str, Fact]:  # type: ignore[type-arg]
    if host.os_name != "linux":
        return {"interfaces": Absent(tried=(file_source(FOLDER),))}
    return {"interfaces": host.list(FOLDER)}
