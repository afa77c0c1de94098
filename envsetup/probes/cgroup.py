"""Where this process stands in the tree of cgroups: a limit of any folder above it holds."""

from __future__ import annotations

from envsetup.host import Host
from envsetup.probes.readers import line

ROOT = "/sys/fs/cgroup"


def folders(host: Host, controller: str) -> tuple[str, ...]:
    """From the process's own cgroup up to the root; `controller` is empty for version 2.

    A batch system limits a job far below the root, and only in a namespace of its own does the
    process see that folder as the root.
    """
    base = f"{ROOT}/{controller}" if controller else ROOT
    parts = [p for p in _own(host, controller).split("/") if p]
    if ".." in parts:  # outside of the namespace: only its root can be read
        parts = []
    return tuple("/".join((base, *parts[:n])) for n in range(len(parts), -1, -1))


def _own(host: Host, controller: str) -> str:
    for row in (line(host, "/proc/self/cgroup") or "").splitlines():
        number, _, rest = row.partition(":")
        names, _, path = rest.partition(":")
        if (controller in names.split(",")) if controller else (number == "0" and not names):
            return path
    return ""
