"""The operating system: name, release, kernel, architecture, C library, WSL."""

from __future__ import annotations

import re

from envsetup.host import Host
from envsetup.model import Absent, Fact, Known, Libc, Wsl
from envsetup.probes.readers import api_source, call_json, file_source, line

SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
ARCHS = {"amd64": "x86_64", "x64": "x86_64"}
BIONIC_LOADER = "/system/bin/linker64"
"""Android's, under which Termux runs."""
MUSL_LOADERS = ("x86_64", "aarch64", "riscv64", "armhf", "i386", "ppc64le", "s390x")


def probe(host: Host) -> dict[str, Fact]:  # type: ignore[type-arg]
    uname = call_json(host, "uname") or {}
    source = api_source("uname")
    arch = str(uname.get("machine", "")).lower()
    if host.os_name == "windows" and arch == "aarch64":
        arch = "arm64"
    return {
        "os": Known(value=host.os_name, source=source),
        "os_version": _version(host),
        "kernel": Known(value=str(uname.get("release", "")), source=source),
        "arch": Known(value=ARCHS.get(arch, arch), source=source),
        "libc": _libc(host),
        "macos_version": _macos(host),
        "wsl": _wsl(host, str(uname.get("release", ""))),
        "tegra": _tegra(host),
        "secure_boot": _secure_boot(host),
    }


def _version(host: Host) -> Fact[str]:
    if host.os_name != "linux":
        told = call_json(host, "system-version")
        name = "macOS" if host.os_name == "macos" else "Windows"
        return Known(value=f"{name} {told}", source=api_source("system-version"))
    fact = host.read("/etc/os-release")
    if not isinstance(fact, Known):
        return fact
    pretty = re.search(r'^PRETTY_NAME="?([^"\n]+)', fact.value, re.MULTILINE)
    return Known(value=pretty.group(1) if pretty else "Linux", source=fact.source)


def _macos(host: Host) -> Fact[str]:
    if host.os_name != "macos":
        return Absent()
    told = call_json(host, "system-version")
    return Known(value=str(told), source=api_source("system-version")) if told else Absent()


def _libc(host: Host) -> Fact[Libc]:
    """glibc tells by confstr; musl is known by its loader, which tells its version when run."""
    if host.os_name != "linux":
        return Absent()
    told = call_json(host, "libc")
    if isinstance(told, str) and told.startswith("glibc "):
        libc = Libc(family="glibc", version=told.split()[1])
        return Known(value=libc, source=api_source("confstr(CS_GNU_LIBC_VERSION)"))
    for arch in MUSL_LOADERS:
        loader = f"/lib/ld-musl-{arch}.so.1"
        if isinstance(host.real(loader), Known):
            done = host.run((loader,), 3)
            found = re.search(r"Version (\S+)", done.stderr + done.stdout)
            version = found.group(1) if found else "0"
            return Known(value=Libc(family="musl", version=version), source=file_source(loader))
    if isinstance(host.real(BIONIC_LOADER), Known):
        return Known(value=Libc(family="bionic", version="0"), source=file_source(BIONIC_LOADER))
    return Absent(tried=(api_source("confstr(CS_GNU_LIBC_VERSION)"), file_source("/lib/ld-musl-*")))


def _wsl(host: Host, kernel: str) -> Fact[Wsl]:
    """WSL 2 runs Microsoft's kernel; WSL 1 answers with a kernel of its own making (4.4.0-…-Microsoft)."""
    if host.os_name != "linux" or "microsoft" not in kernel.lower():
        return Absent(tried=(api_source("uname"),))
    first = kernel.startswith("4.4.") and "Microsoft" in kernel
    return Known(value=Wsl(version=1 if first else 2, kernel=kernel), source=api_source("uname"))


def _secure_boot(host: Host) -> Fact[bool]:
    """The fifth byte of the firmware's variable, behind four of attributes; no such file where it boots otherwise."""
    fact = host.read(SECURE_BOOT, 16)
    if not isinstance(fact, Known):
        return fact
    return Known(value=fact.value[4:5] == "\x01", source=fact.source)


def _tegra(host: Host) -> Fact[str]:
    path = "/etc/nv_tegra_release"
    text = line(host, path)
    if text is None:
        return Absent(tried=(file_source(path),))
    found = re.search(r"R(\d+).*?REVISION:\s*([\d.]+)", text)
    release = f"R{found.group(1)}.{found.group(2)}" if found else text[:60]
    return Known(value=release, source=file_source(path))
