"""Space and mount options of the places that matter."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from envsetup.host import Host
from envsetup.host.questions import DISK, PLACES, DiskSpace, Places
from envsetup.model import Absent, Fact, Filesystem, Known, Python, value_of
from envsetup.probes.readers import api_source

HURTING = {"noexec", "ro"}
NETWORK = {"nfs", "nfs4", "lustre", "gpfs", "cifs", "9p", "fuse.sshfs", "beegfs", "ceph"}


def read(host: Host, python: Fact[Python]) -> Fact[tuple[Filesystem, ...]]:
    places = value_of(host.ask(PLACES)) or Places()
    roles = {"tmp": places.tmp, "home": places.home}
    if isinstance(python, Known):
        roles = {"environment": python.value.prefix, **roles}
    if host.os_name == "linux":
        roles["shm"] = "/dev/shm"
    mounts = _mounts(host)
    given = [(role, path) for role, path in roles.items() if path]
    given += _caches(host.env(), places.home)
    found = tuple(_place(host, role, path, mounts) for role, path in given)
    return Known(value=found, source=api_source("statvfs"))


def _caches(env: Mapping[str, str], home: str | None) -> list[tuple[str, str]]:
    """Where Triton, the inductor and extensions keep what they compile, and Hugging Face and torch.hub models.

    The inductor's own default lies in the temporary folder.
    """
    general = env.get("XDG_CACHE_HOME") or (f"{home}/.cache" if home else "")
    compiled = (
        env.get("TRITON_CACHE_DIR") or (f"{home}/.triton/cache" if home else ""),
        env.get("TORCHINDUCTOR_CACHE_DIR", ""),
        env.get("TORCH_EXTENSIONS_DIR", ""),
    )
    models = (
        env.get("HF_HUB_CACHE") or env.get("HF_HOME") or (general and f"{general}/huggingface"),
        env.get("TORCH_HOME") or (general and f"{general}/torch"),
    )
    found = [("compile-cache", path) for path in compiled]
    found += [("model-cache", path) for path in models]
    return [(role, path) for role, path in dict.fromkeys(found) if path.startswith("/")]


def _there(host: Host, path: str) -> str:
    """The path, or the folder above it in which it would be made."""
    while path != "/" and isinstance(host.realpath(path), Absent):
        path = posixpath.dirname(path)
    return path


def _place(host: Host, role: str, path: str, mounts: dict[str, tuple[str, str]]) -> Filesystem:
    there = _there(host, path) if role.endswith("cache") else path
    space = value_of(host.ask(DISK.about(there))) or DiskSpace()
    kind, options = mounts.get(_mount_of(there, mounts), (None, ""))
    return Filesystem(
        role=role,
        path=path,
        kind=kind,
        free_bytes=space.free,
        total_bytes=space.total,
        options=tuple(o for o in options.split(",") if o in HURTING),
        writable=space.writable,
    )


def _mounts(host: Host) -> dict[str, tuple[str, str]]:
    """Mount point to type and options; the last mount of a point is what one sees."""
    fact = host.read("/proc/self/mounts")
    rows = (r.split() for r in fact.value.splitlines()) if isinstance(fact, Known) else ()
    return {r[1].replace("\\040", " "): (r[2], r[3]) for r in rows if len(r) >= 4}


def _mount_of(path: str, mounts: dict[str, tuple[str, str]]) -> str:
    above = (m for m in mounts if path == m or path.startswith(m.rstrip("/") + "/"))
    return max(above, key=len, default="/")
