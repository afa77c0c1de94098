"""Installed distributions, from the names of their metadata folders; files are opened only for a few."""

from __future__ import annotations

import re

from envsetup.host import Host
from envsetup.model import Absent, Fact, Known, Package, Python, Unreadable
from envsetup.probes.readers import file_source, line
from envsetup.probes.recorded import damaged

WATCHED = re.compile(
    r"torch|nvidia-|triton|numpy|flash-attn|xformers|bitsandbytes|transformers|accelerate|vllm|"
    r"deepspeed|pytorch|cuda-|intel-|mkl|onnx|jax|tensorflow|setuptools|pillow"
)
"""Distributions whose METADATA and WHEEL are read: rules look at their requirements and tags."""
MOST_METADATA_BYTES = 65536
SHARED = re.compile(r"\.so(\.\d+)*$|\.dll$")


def normal(name: str) -> str:
    """A name as the packaging specification normalises it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read(host: Host, python: Fact[Python]) -> Fact[tuple[Package, ...]]:
    """All distributions on the target's path, the first of a name first; conda's beside them."""
    if not isinstance(python, Known):
        return python
    folders = dict.fromkeys((*python.value.site_packages, *_user(python.value)))
    found: list[Package] = []
    tried = []
    for folder in folders:
        names = host.list(folder)
        tried.append(file_source(folder))
        if isinstance(names, Unreadable):
            return names
        if isinstance(names, Known):
            found += [p for n in names.value if (p := _package(host, folder, n))]
    if python.value.conda_prefix:
        found += _conda(host, f"{python.value.conda_prefix}/conda-meta")
    if not tried:
        return Absent()
    return Known(value=tuple(found), source=tried[0])


def _user(python: Python) -> tuple[str, ...]:
    enabled = python.user_site_enabled and python.user_site
    return (python.user_site,) if enabled and python.user_site else ()


OF_PYTHON = re.compile(r"(?<=\d)-py\d[\d.]{0,8}\Z")
"""What a folder of egg-info says behind the version: the Python that it is for."""


def _package(host: Host, folder: str, entry: str) -> Package | None:
    stem, _, kind = entry.rpartition(".")
    name, _, version = OF_PYTHON.sub("", stem).rpartition("-")
    if kind not in ("dist-info", "egg-info") or not name or not version:
        return None
    name = normal(name)
    base = Package(name=name, version=version, location=folder, metadata=entry)
    if kind != "dist-info" or not WATCHED.search(name):
        return base
    return _detailed(host, base, f"{folder}/{entry}")


def _detailed(host: Host, base: Package, folder: str) -> Package:
    fact = host.read(f"{folder}/METADATA", MOST_METADATA_BYTES)
    metadata = fact.value.split("\n\n")[0] if isinstance(fact, Known) else ""
    wheel = line(host, f"{folder}/WHEEL") or ""
    direct = line(host, f"{folder}/direct_url.json") or ""
    url = re.search(r'"url":\s*"([^"]+)"', direct)
    version = re.search(r"^Version: *(\S+)", metadata, re.MULTILINE)
    python = re.search(r"^Requires-Python: *(\S.*)", metadata, re.MULTILINE)
    return Package(
        name=base.name,
        version=version.group(1) if version else base.version,
        location=base.location,
        metadata=base.metadata,
        installer=line(host, f"{folder}/INSTALLER"),
        requires=tuple(re.findall(r"^Requires-Dist: *(\S.*)", metadata, re.MULTILINE)),
        requires_python=python.group(1).strip() if python else None,
        tags=tuple(re.findall(r"^Tag: *(\S+)", wheel, re.MULTILINE)),
        broken_files=_broken(host, base),
        editable='"editable": true' in direct,
        url=url.group(1) if url else None,
    )


def _broken(host: Host, one: Package) -> tuple[str, ...]:
    """Of NVIDIA's libraries, whose absence is told only when a program needs them."""
    if not one.name.startswith("nvidia-") or one.location is None or one.metadata is None:
        return ()
    return damaged(host, one.location, one.metadata, lambda path: bool(SHARED.search(path)))


def _conda(host: Host, folder: str) -> list[Package]:
    names = host.list(folder)
    found = []
    for entry in names.value if isinstance(names, Known) else ():
        name, *told = entry.removesuffix(".json").rsplit("-", 2)
        if entry.endswith(".json") and len(told) == 2 and all(told) and WATCHED.search(name):
            found.append(
                Package(
                    name=normal(name),
                    version=told[0],
                    location=folder,
                    metadata=entry,
                    manager="conda",
                )
            )
    return found
