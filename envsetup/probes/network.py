"""The names of the network's interfaces, and the ports for RDMA; nothing of what goes over them."""

from __future__ import annotations

from envsetup.host import Host
from envsetup.host.questions import OPENABLE
from envsetup.model import Absent, Fact, Known, RdmaPort, value_of
from envsetup.probes.readers import Facts, file_source, line, number

FOLDER = "/sys/class/net"
ADAPTERS = "/sys/class/infiniband"
NODES = "/sys/class/infiniband_verbs"
ACTIVE = "ACTIVE"
"""A port's state reads `4: ACTIVE`."""


def probe(host: Host) -> Facts:
    if host.os_name != "linux":
        return {
            "interfaces": Absent(tried=(file_source(FOLDER),)),
            "rdma_ports": Absent(tried=(file_source(ADAPTERS),)),
        }
    return {"interfaces": host.list(FOLDER), "rdma_ports": _rdma_ports(host)}


def _rdma_ports(host: Host) -> Fact[tuple[RdmaPort, ...]]:
    adapters = host.list(ADAPTERS)
    if not isinstance(adapters, Known):
        return adapters
    nodes = _nodes(host)
    found = [port for name in adapters.value for port in _ports(host, name, nodes.get(name))]
    if not found:
        return Absent(tried=(adapters.source,))
    return Known(value=tuple(found), source=adapters.source)


def _nodes(host: Host) -> dict[str, str]:
    """Adapter to the device node through which programs reach it."""
    names = host.list(NODES)
    listed = names.value if isinstance(names, Known) else ()
    told = ((line(host, f"{NODES}/{name}/ibdev"), name) for name in listed)
    return {adapter: f"/dev/infiniband/{name}" for adapter, name in told if adapter}


def _ports(host: Host, adapter: str, node: str | None) -> list[RdmaPort]:
    folder = f"{ADAPTERS}/{adapter}/ports"
    names = host.list(folder)
    numbers = names.value if isinstance(names, Known) else ()
    openable = node is not None and value_of(host.ask(OPENABLE.about(node))) is True
    return [
        RdmaPort(
            device=adapter,
            port=int(name),
            active=ACTIVE in (line(host, f"{folder}/{name}/state") or ""),
            openable=openable,
        )
        for name in numbers
        if number(name) is not None
    ]
