"""Where host names lead and whether a port is taken: asked of the resolver and of this machine alone.

Addresses and `localhost` are no names: they are told without the resolver, so also with --offline.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import socket

import msgspec

from envsetup.host.background import in_background
from envsetup.host.questions import MASTER_LEADS_TO, OWN_NAME_LEADS_TO, Whereabouts
from envsetup.model import Absent, Fact, Known, Source, Unreadable

LIMIT_S = 3.0
"""A resolver that doesn't answer is left behind in a daemon thread."""
LOOKUPS = (MASTER_LEADS_TO.name, OWN_NAME_LEADS_TO.name)
"""The names of the questions that ask the resolver."""


LOOPBACK_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "localhost4", "localhost6")


def is_loopback(name: str) -> bool:
    """Whether an address or a name means this machine alone, as far as it tells without a look-up."""
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return name.lower().rstrip(".") in LOOPBACK_NAMES


def leads_without_lookup(name: str) -> Whereabouts | None:
    """What an address tells of itself, and what `localhost` always means; None for a name to look up."""
    try:
        version = ipaddress.ip_address(name.partition("%")[0]).version
    except ValueError:
        return Whereabouts(whereto="loopback") if is_loopback(name) else None
    return _whereto([name], ipv6=version == 6)


def leads_to(name: str) -> Whereabouts | None:
    """None without an answer in time."""
    told = leads_without_lookup(name)
    if told is not None:
        return told
    found: list[Whereabouts] = []
    asking = in_background(lambda: found.append(_leads_to(name)))
    if asking is not None:
        asking.join(LIMIT_S)
    return found[0] if found else None


def own_name_leads_to() -> Whereabouts | None:
    return leads_to(socket.gethostname())


def master_leads_to() -> Whereabouts | None:
    """By MASTER_ADDR, which isn't handed over: a recording keeps what was asked, and the name is personal."""
    name = os.environ.get("MASTER_ADDR")
    return leads_to(name) if name else None


def answer_without_lookup(call: str, why: str) -> Fact[str]:
    """The answer of one of LOOKUPS where no name may be looked up: Unreadable with `why` for a name."""
    source = Source(kind="api", ref=call)
    master = os.environ.get("MASTER_ADDR")
    if call == MASTER_LEADS_TO.name and not master:
        return Absent(tried=(source,))
    told = leads_without_lookup(master) if master and call == MASTER_LEADS_TO.name else None
    if told is None:
        return Unreadable(error=f"no name was looked up: {why}", source=source)
    return Known(value=msgspec.json.encode(told).decode(), source=source)


def _leads_to(name: str) -> Whereabouts:
    try:
        rows = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return Whereabouts(whereto="nowhere")
    addresses = [str(row[4][0]) for row in rows]
    return _whereto(addresses, ipv6=rows[0][0] == socket.AF_INET6)


def _whereto(addresses: list[str], *, ipv6: bool) -> Whereabouts:
    outward = [a for a in addresses if not ipaddress.ip_address(a.partition("%")[0]).is_loopback]
    if not outward:
        return Whereabouts(whereto="loopback", ipv6=ipv6)
    own = any(map(_is_own, outward))
    return Whereabouts(whereto="own" if own else "elsewhere", ipv6=ipv6)


def _is_own(address: str) -> bool:
    """Whether a socket can be bound to it, which only an address of this machine allows."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as trial:
        trial.bind((address, 0))
        return True
    return False


def port_taken(port: str) -> bool | None:
    """Whether something listens there; None where that can't be tried."""
    number = int(port)
    if not 1024 <= number <= 65535:
        return None
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", number))
        except OSError as error:
            return True if error.errno == errno.EADDRINUSE else None
    return False
