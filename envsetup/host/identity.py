"""What this machine and its user are called: so that reports can leave it out."""

from __future__ import annotations

import socket
from collections.abc import Mapping

USERS = ("USER", "LOGNAME", "USERNAME")
HOSTS = ("HOSTNAME", "COMPUTERNAME", "HOST", "SLURMD_NODENAME")


def user_names(environ: Mapping[str, str]) -> tuple[str, ...]:
    """What the variables that systems set for it call the user."""
    return tuple(filter(None, map(environ.get, USERS)))


def host_names(environ: Mapping[str, str]) -> tuple[str, ...]:
    """What the system and its variables call this machine; nothing is looked up."""
    return tuple(dict.fromkeys(filter(None, (socket.gethostname(), *map(environ.get, HOSTS)))))
