"""The assemblers that Triton compiles with, where there is a GPU of NVIDIA's to compile for."""

from __future__ import annotations

import re

from envsetup.host import Host
from envsetup.model import Absent, Fact, Known, Package, Source
from envsetup.probes.readers import file_source

GPU_NODES = ("/dev/nvidiactl", "/dev/dxg")
FOLDER = "triton/backends/nvidia/bin"
NAMES = ("ptxas", "ptxas-blackwell")
"""Triton takes the second for compute capability 10 and above, where it is there."""
RELEASE = re.compile(r"release (\d+\.\d+)")
LIMIT_S = 5.0


def read(host: Host, packages: Fact[tuple[Package, ...]]) -> Fact[dict[str, str]]:
    nodes = [node for node in GPU_NODES if isinstance(host.realpath(node), Known)]
    if not isinstance(packages, Known) or not nodes:
        return Absent(tried=tuple(file_source(node) for node in GPU_NODES))
    own = host.env().get("TRITON_PTXAS_PATH")
    homes = [p.location for p in packages.value if p.name == "triton" and p.location]
    paths = {name: f"{home}/{FOLDER}/{name}" for home in homes[:1] for name in NAMES}
    if own and homes:
        paths = {"ptxas": own}
    found = {name: told for name, path in paths.items() if (told := _release(host, path))}
    source = Source(kind="program", ref="ptxas --version")
    return Known(value=found, source=source) if found else Absent(tried=(source,))


def _release(host: Host, path: str) -> str | None:
    if not isinstance(host.realpath(path), Known):
        return None
    told = RELEASE.search(host.run((path, "--version"), LIMIT_S).stdout)
    return told.group(1) if told else None
