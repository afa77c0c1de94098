"""How the processes of one training would find each other: names, a port, and who starts them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from envsetup.host import Host
from envsetup.host.questions import INTERACTIVE, MASTER_LEADS_TO, OWN_NAME_LEADS_TO, PORT_TAKEN
from envsetup.model import Absent, Known, Launch, Source, Unreadable, value_of
from envsetup.probes.readers import Facts, api_source, line

LAUNCHERS = ("torchrun", "accelerate", "deepspeed", "srun", "slurmstepd", "mpirun", "mpiexec", "orted",
             "prted", "hydra_pmi_proxy", "jsrun", "horovodrun", "ray")  # fmt: skip
"""Beginnings of the names of the programs that start a process a GPU and set the variables for it."""
DEFAULT_PORT = "29500"
"""Source: torch.distributed.run, --master-port."""
MOST_PARENTS = 30
WORDS_LOOKED_AT = 3
"""Of a command line: the interpreter, an option, and the program."""


def probe(host: Host) -> Facts:
    env = host.env()
    if not speaks_of_several(env):
        return {"launch": Absent(tried=(Source(kind="env", ref="WORLD_SIZE, RANK, MASTER_ADDR"),))}
    facts = (host.ask(OWN_NAME_LEADS_TO), host.ask(MASTER_LEADS_TO))
    own, master = map(value_of, facts)
    refused = [fact.error for fact in facts if isinstance(fact, Unreadable)]
    port = env.get("MASTER_PORT") or DEFAULT_PORT
    told = Launch(
        host_name=own.whereto if own else None,
        master=master.whereto if master else None,
        not_looked_up=refused[0] if refused else None,
        master_is_ipv6=master.ipv6 if master else None,
        has_ipv6=_has_ipv6(host),
        port_taken=value_of(host.ask(PORT_TAKEN.about(port))) if port.isdigit() else None,
        launcher=_launcher(host),
        interactive=value_of(host.ask(INTERACTIVE)),
    )
    return {"launch": Known(value=told, source=api_source("getaddrinfo, bind, /proc"))}


def speaks_of_several(env: Mapping[str, str]) -> bool:
    return "MASTER_ADDR" in env or "RANK" in env or env.get("WORLD_SIZE", "1") not in ("", "0", "1")


def _has_ipv6(host: Host) -> bool | None:
    """Scope 00 is global; the loopback's own address has 10, an interface's alone 20."""
    text = line(host, "/proc/net/if_inet6")
    if text is None:
        return None
    return any(row.split()[3:4] == ["00"] for row in text.splitlines())


def _launcher(host: Host) -> str | None:
    """The nearest of the processes above this one that starts trainings."""
    parent = "self"
    for _ in range(MOST_PARENTS):
        status = line(host, f"/proc/{parent}/status") or ""
        found = re.search(r"^Name:[ \t]*(\S.*)", status, re.MULTILINE)
        words = [found.group(1)] if found else []
        words += [
            w.rpartition("/")[2]
            for w in (line(host, f"/proc/{parent}/cmdline") or "").split("\0")[:WORDS_LOOKED_AT]
        ]
        starts = next((name for name in LAUNCHERS for word in words if word.startswith(name)), None)
        if starts or "torch.distributed.run" in words:
            return starts or "torchrun"
        above = re.search(r"^PPid:\s*(\d+)$", status, re.MULTILINE)
        if above is None or above.group(1) == "0":
            return None
        parent = above.group(1)
    return None
