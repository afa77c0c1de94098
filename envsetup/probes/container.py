"""Whether this is a container, and whose."""

from __future__ import annotations

from envsetup.host import Host
from envsetup.host.questions import NUMA_POLICY
from envsetup.model import Absent, Container, Known, Source, value_of
from envsetup.probes.readers import Facts, file_source, line

MARKS = {
    "/.dockerenv": "docker",
    "/run/.containerenv": "podman",
    "/.singularity.d": "apptainer",
    "/dev/.lxc-boot-id": "lxc",
}
CGROUP_WORDS = {
    "kubepods": "kubernetes", "docker": "docker", "libpod": "podman", "lxc": "lxc", "containerd": "unknown",
}  # fmt: skip


def probe(host: Host) -> Facts:
    if "KUBERNETES_SERVICE_HOST" in host.env():
        return _found(host, "kubernetes", Source(kind="env", ref="KUBERNETES_SERVICE_HOST"))
    for path, runtime in MARKS.items():
        if isinstance(host.realpath(path), Known):
            return _found(host, runtime, file_source(path))
    told = line(host, "/run/systemd/container")
    if told:
        return _found(host, told.split()[0][:30], file_source("/run/systemd/container"))
    groups = line(host, "/proc/1/cgroup") or ""
    for word, runtime in CGROUP_WORDS.items():
        if word in groups:
            return _found(host, runtime, file_source("/proc/1/cgroup"))
    return {"container": Absent(tried=tuple(file_source(p) for p in (*MARKS, "/proc/1/cgroup")))}


def _found(host: Host, runtime: str, source: Source) -> Facts:
    refused = value_of(host.ask(NUMA_POLICY)) == "EPERM"
    told = Container(runtime=runtime, numa_refused=refused)
    return {"container": Known(value=told, source=source)}
