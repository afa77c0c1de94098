"""Space and mount options of the places that matter."""

from __future__ import annotations

from envsetup.host import Host
from envsetup.model import Fact, Filesystem, Known, Python
from envsetup.probes.asking import api_source, call_json

HURTING = {"noexec", "ro"}
NETWORK = {"nfs", "nfs4", "lustre", "gpfs", "cifs", "9p", "fuse.sshfs", "beegfs", "ceph"}


def read(host: Host, python: Fact[Python]) -> Fact[tuple[Filesystem, ...]]:
    places = call_json(host, "places") or {}
    roles = {"tmp": places.get("tmp"), "home": places.get("home")}
    if isinstance(python, Known):
        roles = {"environment": python.value.prefix, **roles}
    if host.os_name == "linux":
        roles["shm"] = "/dev/shm"
    mounts = _mounts(host)
    found = tuple(_place(host, role, path, mounts) for role, path in roles.items() if path)
    return Known(value=found, source=api_source("statvfs"))


def _place(host: Host, role: str, path: str, mounts: dict[str, tuple[str, str]]) -> Filesystem:
    told = call_json(host, f"disk:{path}") or {}
    kind, options = mounts.get(_mount_of(path, mounts), (None, ""))
    return Filesystem(
        role=role,
        path=path,
        kind=kind,
        free_bytes=told.get("free"),
        total_bytes=told.get("total"),
        options=tuple(o for o in options.split(",") if o in HURTING),
        writable=told.get("writable"),
    )


def _mounts(host: Host) -> dict[str, tuple[str, str]]:
    """Mount point to type and options; the last mount of a point is what one sees."""
    fact = host.read("/proc/self/mounts")
    rows = (r.split() for r in fact.value.splitlines()) if isinstance(fact, Known) else ()
    return {r[1].replace("\\040", " "): (r[2], r[3]) for r in rows if len(r) >= 4}


def _mount_of(path: str, mounts: dict[str, tuple[str, str]]) -> str:
    above = (m for m in mounts if path == m or path.startswith(m.rstrip("/") + "/"))
    return max(above, key=len, default="/")
